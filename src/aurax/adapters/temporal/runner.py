"""The sandbox in which workflows run."""

from __future__ import annotations

from dataclasses import replace

from temporalio.common import VersioningBehavior
from temporalio.worker import UnsandboxedWorkflowRunner, WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

_PURE = (
    "aurax.adapters.temporal.runner",
    "aurax.api",
    "aurax.audio",
    "aurax.arrange",
    "aurax.compose",
    "aurax.deliver",
    "aurax.engines",
    "aurax.errors",
    "aurax.intent",
    "aurax.judge",
    "aurax.mix",
    "aurax.observing",
    "aurax.plugins",
    "aurax.produce",
    "aurax.render",
    "aurax.score",
    "aurax.services",
    "aurax.settings",
    "aurax.version",
    "numpy",
)
"""Modules that the sandbox need not load again for every workflow; what workflows use of them is deterministic."""


class UnversionedRunner(UnsandboxedWorkflowRunner):
    """Runs workflows on a worker without versions.

    A workflow class says what becomes of its runs when another build is deployed. A server refuses such an answer
    from a worker that belongs to no deployment, so that it is left out there.
    """

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """An instance whose answers say nothing about versions."""
        return super().create_instance(
            replace(det, defn=replace(det.defn, versioning_behavior=VersioningBehavior.UNSPECIFIED))
        )


def workflow_runner(*, versioned: bool = False) -> SandboxedWorkflowRunner:
    """The sandbox in which workflows run, live and in replays.

    Args:
        versioned: whether the worker belongs to a deployment.
    """
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(*_PURE),
        runner_class=UnsandboxedWorkflowRunner if versioned else UnversionedRunner,
    )
