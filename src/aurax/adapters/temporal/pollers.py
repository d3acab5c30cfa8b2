"""Whether anybody works on a task queue."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import PendingActivityState, PendingWorkflowTaskState, TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest, DescribeWorkflowExecutionResponse
from temporalio.client import Client
from temporalio.service import RPCError

_POLL_S = 0.05
_RPC_WITHIN = timedelta(seconds=5)
_LONGEST_POLL_S = 75.0
"""A living worker's poll lasts 60 s at most; one that was last seen earlier is gone."""


async def has_pollers(client: Client, queue: str) -> bool:
    """Whether a worker polls a task queue for workflow tasks.

    Args:
        client: a connected client.
        queue: name of the task queue.

    Raises:
        RPCError: the server does not tell.
    """
    answer = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        ),
        timeout=_RPC_WITHIN,
    )
    oldest = datetime.now(UTC) - timedelta(seconds=_LONGEST_POLL_S)
    return any(poller.last_access_time.ToDatetime(tzinfo=UTC) >= oldest for poller in answer.pollers)


async def wait_polled(client: Client, queue: str, timeout_s: float) -> bool:
    """Wait until a worker polls a task queue; returns whether one was seen in time.

    Args:
        client: a connected client.
        queue: name of the task queue.
        timeout_s: how long to wait; servers that do not tell are not waited for.
    """
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            if await has_pollers(client, queue):
                return True
        except RPCError:
            return False
        await asyncio.sleep(_POLL_S)
    return False


async def waits_for_worker(client: Client, workflow_id: str) -> bool:
    """Whether a workflow, or one that it started, has a step that no worker has taken yet.

    Args:
        client: a connected client.
        workflow_id: the workflow.

    Raises:
        RPCError: the server does not tell.
    """
    described = (await client.get_workflow_handle(workflow_id).describe(rpc_timeout=_RPC_WITHIN)).raw_description
    if _is_untaken(described):
        return True
    for child in described.pending_children:
        handle = client.get_workflow_handle(child.workflow_id)
        if _is_untaken((await handle.describe(rpc_timeout=_RPC_WITHIN)).raw_description):
            return True
    return False


def _is_untaken(described: DescribeWorkflowExecutionResponse) -> bool:
    task = described.pending_workflow_task
    if described.HasField("pending_workflow_task") and (
        task.state == PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_SCHEDULED
    ):
        return True
    scheduled = PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED
    return any(activity.state == scheduled for activity in described.pending_activities)
