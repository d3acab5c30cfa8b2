"""Versions of the workers: which build of the code a song runs on, from its first step to its last.

A worker deployment has a name and builds. A song is pinned: all its steps run on the build on which it began. A
session moves: its next step runs on the build that is current. Temporal gives a new build no work until it is made
current.

Source: docs.temporal.io, Worker Versioning.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Literal, TypeVar

from temporalio.api.deployment.v1 import WorkerDeploymentInfo
from temporalio.api.enums.v1 import WorkerDeploymentVersionStatus
from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
    SetWorkerDeploymentRampingVersionRequest,
)
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import WorkerDeploymentConfig

from aurax.errors import InvalidOption, ServiceUnavailable
from aurax.settings import Settings
from aurax.version import __version__

_RPC_WITHIN = timedelta(seconds=10)
_SEEN_WITHIN_S = 30.0
_POLL_S = 0.2
_STATUS = "WORKER_DEPLOYMENT_VERSION_STATUS_"

T = TypeVar("T")

BuildStatus = Literal["created", "inactive", "current", "ramping", "draining", "drained", "unspecified"]
"""`inactive` builds poll and get nothing; `draining` ones only finish what is pinned to them; `drained` ones have
nothing left."""


@dataclass(frozen=True)
class Build:
    """One build of a deployment.

    Args:
        build_id: its id.
        status: what it is given.
        ramp_percent: the share of new work that it gets while it ramps.
    """

    build_id: str
    status: BuildStatus
    ramp_percent: float = 0.0


@dataclass(frozen=True)
class Deployment:
    """What a server knows of a deployment.

    Args:
        name: of the deployment.
        current: the build that new work goes to; None while it goes to workers without a version.
        builds: every build that the server has seen, the newest first.
    """

    name: str
    current: str | None
    builds: tuple[Build, ...]


def deployment_config(settings: Settings) -> WorkerDeploymentConfig | None:
    """How a worker belongs to a deployment; None where its work has no versions.

    The embedded server's worker never does: after an update of a laptop nobody runs the old build any more.

    Args:
        settings: names the deployment and the build.
    """
    if settings.deployment is None or settings.embedded_temporal:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(settings.deployment, build_id(settings)),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.PINNED,
    )


def build_id(settings: Settings) -> str:
    """The id of the code that runs here: as set, else the version and a hash of the package's code.

    Args:
        settings: may name it.
    """
    return settings.build_id or _own_build_id()


@cache
def _own_build_id() -> str:
    root = Path(__file__).parents[2]  # the package
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(f"{path.relative_to(root).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return f"{__version__}-{digest.hexdigest()[:12]}"


async def describe(client: Client, name: str) -> Deployment:
    """What the server knows of a deployment.

    Args:
        client: a connected client.
        name: of the deployment.

    Raises:
        InvalidOption: the server has seen no worker of it.
        ServiceUnavailable: the server does not answer, or knows no deployments.
    """
    request = DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=name)
    service = client.workflow_service
    info = (await _asked(service.describe_worker_deployment(request, timeout=_RPC_WITHIN), name)).worker_deployment_info
    routing = info.routing_config
    return Deployment(
        name,
        routing.current_deployment_version.build_id or None,
        tuple(
            Build(
                one.deployment_version.build_id,
                _status(one),
                routing.ramping_version_percentage
                if one.deployment_version.build_id == routing.ramping_deployment_version.build_id
                else 0.0,
            )
            for one in sorted(info.version_summaries, key=lambda one: one.create_time.ToNanoseconds(), reverse=True)
        ),
    )


async def make_current(client: Client, name: str, build: str, *, force: bool = False) -> None:
    """Send all new work, and the next step of every session, to a build; songs under way stay where they are.

    Args:
        client: a connected client.
        name: of the deployment.
        build: its workers must poll.
        force: also where it lacks task queues that the current build works on.

    Raises:
        InvalidOption: the server has seen no such build, or it lacks a task queue.
        ServiceUnavailable: the server does not answer.
    """
    request = SetWorkerDeploymentCurrentVersionRequest(
        namespace=client.namespace,
        deployment_name=name,
        build_id=build,
        ignore_missing_task_queues=force,
        identity=client.identity,
    )
    service = client.workflow_service
    await _asked(service.set_worker_deployment_current_version(request, timeout=_RPC_WITHIN), name, build)


async def ramp(client: Client, name: str, build: str, percent: float, *, force: bool = False) -> None:
    """Send a share of new work to a build; 0 ends the ramp.

    Args:
        client: a connected client.
        name: of the deployment.
        build: its workers must poll.
        percent: 0 to 100.
        force: also where it lacks task queues that the current build works on.

    Raises:
        InvalidOption: the server has seen no such build, or it lacks a task queue.
        ServiceUnavailable: the server does not answer.
    """
    request = SetWorkerDeploymentRampingVersionRequest(
        namespace=client.namespace,
        deployment_name=name,
        build_id=build if percent else "",
        percentage=percent,
        ignore_missing_task_queues=force,
        identity=client.identity,
    )
    service = client.workflow_service
    await _asked(service.set_worker_deployment_ramping_version(request, timeout=_RPC_WITHIN), name, build)


async def make_own_current(client: Client, settings: Settings) -> None:
    """Make the build of this worker current, as soon as the server has seen it poll.

    Args:
        client: a connected client.
        settings: names the deployment and the build.

    Raises:
        InvalidOption: no deployment is set, or the build lacks task queues that the current one works on.
        ServiceUnavailable: the server does not answer, or does not see the build.
    """
    if settings.deployment is None:
        raise no_deployment()
    deadline, own = time.monotonic() + _SEEN_WITHIN_S, build_id(settings)
    while True:
        try:
            known = await describe(client, settings.deployment)
            if known.current == own:
                return
            await make_current(client, settings.deployment, own)
        except InvalidOption:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(_POLL_S)
        else:
            return


def no_deployment() -> InvalidOption:
    """The error where no deployment is set."""
    return InvalidOption("AURAX_DEPLOYMENT to name the deployment of the workers", "nothing", "set it, or give --name")


def _status(one: WorkerDeploymentInfo.WorkerDeploymentVersionSummary) -> BuildStatus:
    status: BuildStatus = WorkerDeploymentVersionStatus.Name(one.status).removeprefix(_STATUS).lower()  # type: ignore[assignment]
    return status


async def _asked(answer: Awaitable[T], name: str, build: str = "") -> T:
    try:
        return await answer
    except RPCError as error:
        what = f"build {build} of deployment {name}" if build else f"deployment {name}"
        if error.status == RPCStatusCode.NOT_FOUND:
            raise InvalidOption(
                f"{what} to be known to the Temporal server", "none", "start a worker with it first"
            ) from error
        if error.status == RPCStatusCode.FAILED_PRECONDITION:
            raise InvalidOption(
                f"{what} to work on every task queue of the current build",
                error.message,
                "start workers for the missing task queues, or add --force",
            ) from error
        raise ServiceUnavailable(
            f"the Temporal server to tell of {what}", f"{error.status.name}: {error.message}", "check that it runs"
        ) from error
