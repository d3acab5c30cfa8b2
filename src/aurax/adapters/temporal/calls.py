"""How workflows call activities: by reference, so that the type checker joins caller and callee.

The table of stages has the time limits and the task queues. This module says when a retry helps, and what a
cancellation waits for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar, get_type_hints

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import FailureError, is_cancelled_exception
from temporalio.workflow import ActivityCancellationType

with workflow.unsafe.imports_passed_through():
    from aurax.adapters.temporal.errors import DEATHS_AT_MOST, PROGRAMMING_ERRORS
    from aurax.adapters.temporal.queues import queue_name
    from aurax.adapters.temporal.refusal import untrusted
    from aurax.produce.stages import QueueName, StageName, stage

A = TypeVar("A")
R = TypeVar("R")

FOREIGN_HISTORY = (workflow.NondeterminismError,)
"""A history that this code did not write, by a stranger or by another version, ends a song instead of holding it for
ever. A session is not ended by it: it waits until code that can read its history is back."""

Policy = dict[str, Any]
"""Options of `workflow.execute_activity_method`, and `queue`: where the work is done."""

_HEARTBEAT = timedelta(seconds=10)
"""Working activities beat every second; after this long without a beat their worker counts as dead."""


def _retry(attempts: int) -> RetryPolicy:
    return RetryPolicy(
        initial_interval=timedelta(milliseconds=200),
        backoff_coefficient=2.0,
        maximum_interval=timedelta(seconds=10),
        maximum_attempts=attempts,
        non_retryable_error_types=PROGRAMMING_ERRORS,
    )


def _working(minutes: float, queue: QueueName) -> Policy:
    return {
        "queue": queue,
        "start_to_close_timeout": timedelta(minutes=minutes),
        "heartbeat_timeout": _HEARTBEAT,
        "retry_policy": _retry(DEATHS_AT_MOST),
        # What cleans up after a cancellation must not race with work that is still writing.
        "cancellation_type": ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    }


QUICK: Policy = {
    "start_to_close_timeout": timedelta(minutes=stage("intent").minutes),
    # It is done before its first beat, but a stranger's worker that takes it and says nothing must not hold it longer.
    "heartbeat_timeout": _HEARTBEAT,
    "retry_policy": _retry(DEATHS_AT_MOST),
    "cancellation_type": ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
}
"""Work of milliseconds."""

INSPECTION: Policy = _working(10, "render")
"""Reading everything that a song stored."""

CLEANUP: Policy = {"start_to_close_timeout": timedelta(minutes=1), "retry_policy": _retry(10)}
"""Clearing up, which must not fail because a store is away for a moment."""


def stage_policy(name: StageName) -> Policy:
    """The policy of a piece of a stage's work."""
    return _working(stage(name).minutes, stage(name).queue)


async def call(
    activity: Callable[[Any, A], Awaitable[R]], argument: A, policy: Policy, *, even_cancelled: bool = False
) -> R:
    """Call an activity.

    Args:
        activity: a method of an activities class; its name is the name on the wire.
        argument: what it takes.
        policy: time limits, retries, cancellation and task queue.
        even_cancelled: whether the answer counts although the workflow was cancelled meanwhile.

    Raises:
        UntrustedPayload: the answer is of another kind.
        ActivityError: the activity failed.
        asyncio.CancelledError: the workflow was cancelled, however the activity ended.
    """
    options = {name: value for name, value in policy.items() if name != "queue"}
    queue = queue_name(workflow.info().task_queue, policy.get("queue", "workflows"))
    try:
        answer: Any = await workflow.execute_activity_method(activity, argument, task_queue=queue, **options)
    except FailureError as error:
        # Such as a step whose worker died after it was told to stop.
        if not is_cancelled_exception(error) and _stops("cancelled-in-failure", even_cancelled=even_cancelled):
            raise asyncio.CancelledError from error
        raise
    kind: type[R] = get_type_hints(activity)["return"]
    return answered(answer, kind, even_cancelled=even_cancelled)


def answered(value: Any, kind: type[R], *, even_cancelled: bool = False) -> R:
    """What an activity or a child workflow answered.

    Args:
        value: the answer.
        kind: its type.
        even_cancelled: whether it counts although the workflow was cancelled meanwhile.

    Raises:
        UntrustedPayload: nothing, or several values; none of ours answers so, but a stranger's worker can.
        asyncio.CancelledError: the workflow was cancelled. A step that ends well in spite of it takes the cancellation
            with it, and the work would go on.
    """
    if _stops("cancelled-stops", even_cancelled=even_cancelled):
        raise asyncio.CancelledError
    if not isinstance(value, kind):
        raise untrusted("an empty answer" if value is None else "an answer of another kind")
    return value


def _stops(patch: str, *, even_cancelled: bool) -> bool:
    """Whether the workflow was cancelled and is to end for it; histories from before the patch go on as they did."""
    return workflow.cancellation_reason() is not None and not even_cancelled and workflow.patched(patch)
