"""Whether anybody works on a task queue, and on the steps of a song."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import (
    PendingActivityState,
    PendingWorkflowTaskState,
    TaskQueueType,
    WorkflowExecutionStatus,
)
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest, DescribeWorkflowExecutionResponse
from temporalio.client import Client
from temporalio.service import RPCError

from aurax.adapters.temporal.queues import queue_name
from aurax.produce.stages import QueueName

_POLL_S = 0.05
_RPC_WITHIN = timedelta(seconds=5)
_BEGUN = (
    PendingActivityState.PENDING_ACTIVITY_STATE_STARTED,
    PendingActivityState.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED,
    PendingActivityState.PENDING_ACTIVITY_STATE_PAUSE_REQUESTED,
)
_PAUSED = WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_PAUSED
_LONGEST_POLL_S = 75.0
"""A living worker's poll lasts 60 s at most; one that was last seen earlier is gone."""


async def has_pollers(client: Client, base: str, queue: QueueName = "workflows", *, identity: str = "") -> bool:
    """Whether a worker polls a task queue.

    Args:
        client: a connected client.
        base: name of the task queue of workflows.
        queue: which of those that follow from it.
        identity: only the worker of this name counts, however the server's clock and this one differ; any worker that
            was seen lately when empty.

    Raises:
        RPCError: the server does not tell.
    """
    answer = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=queue_name(base, queue)),
            task_queue_type=(
                TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW
                if queue == "workflows"
                else TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
            ),
        ),
        timeout=_RPC_WITHIN,
    )
    if identity:
        return any(poller.identity == identity for poller in answer.pollers)
    oldest = datetime.now(UTC) - timedelta(seconds=_LONGEST_POLL_S)
    return any(poller.last_access_time.ToDatetime(tzinfo=UTC) >= oldest for poller in answer.pollers)


async def wait_polled(client: Client, base: str, queue: QueueName, timeout_s: float) -> bool:
    """Wait until the worker of this client polls a task queue; returns whether that was seen in time.

    Args:
        client: a connected client.
        base: name of the task queue of workflows.
        queue: which of those that follow from it.
        timeout_s: how long to wait; servers that do not tell are not waited for.
    """
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            if await has_pollers(client, base, queue, identity=client.identity):
                return True
        except RPCError:
            return False
        await asyncio.sleep(_POLL_S)
    return False


@dataclass(frozen=True)
class Steps:
    """Where the next steps of a workflow, and of those that it started, stand.

    Args:
        untaken: whether a step waits for a worker.
        begun: whether a worker has taken a step.
        repeated: whether a worker could not carry out what comes next, and tries again.
        holders: who has; the one who takes a step chooses this name.
    """

    untaken: bool
    begun: bool
    repeated: bool
    holders: frozenset[str]


async def look_at_steps(client: Client, workflow_id: str) -> Steps:
    """Look at the next steps of a workflow and of its children.

    Args:
        client: a connected client.
        workflow_id: the workflow.

    Raises:
        RPCError: the server does not tell.
    """
    described = [await _describe(client, workflow_id)]
    described += [await _describe(client, child.workflow_id) for child in described[0].pending_children]
    activities = [activity for one in described for activity in one.pending_activities]
    begun = [activity for activity in activities if activity.state in _BEGUN]
    decisions = [one.pending_workflow_task for one in described if one.HasField("pending_workflow_task")]
    tasks = {decision.state for decision in decisions}
    return Steps(
        untaken=len(begun) < len(activities)
        or PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_SCHEDULED in tasks
        or any(one.workflow_execution_info.status == _PAUSED for one in described),
        begun=bool(begun) or PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_STARTED in tasks,
        repeated=any(decision.attempt > 1 for decision in decisions),
        holders=frozenset(activity.last_worker_identity for activity in begun),
    )


async def _describe(client: Client, workflow_id: str) -> DescribeWorkflowExecutionResponse:
    return (await client.get_workflow_handle(workflow_id).describe(rpc_timeout=_RPC_WITHIN)).raw_description
