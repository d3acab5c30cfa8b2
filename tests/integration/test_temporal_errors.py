"""Errors and timings on their way through Temporal; no server needed."""

from __future__ import annotations

import asyncio
import errno

import pytest
from temporalio import activity
from temporalio.exceptions import ActivityError, ApplicationError, CancelledError, RetryState, TimeoutError, TimeoutType
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from aurax import errors
from aurax.adapters.temporal.errors import (
    failure_type,
    from_failure,
    is_failure_of_work,
    root_cause,
    to_application_error,
)
from aurax.adapters.temporal.interceptor import TypedErrors
from aurax.errors import AuraxError, Cancelled, CorruptData, RenderFailed, ServiceUnavailable, StorageFull
from aurax.judge.verdict import Verdict
from aurax.produce.stages import StageName
from aurax.services.payload import Work
from aurax.services.timing import timings_s

TYPES = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, AuraxError)]


def activity_failed(cause: BaseException) -> ActivityError:
    failure = ActivityError(
        "activity failed",
        scheduled_event_id=1,
        started_event_id=2,
        identity="",
        activity_type="mix_stems",
        activity_id="1",
        retry_state=RetryState.MAXIMUM_ATTEMPTS_REACHED,
    )
    failure.__cause__ = cause
    return failure


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_every_error_comes_back_whole_and_says_whether_a_retry_helps(kind: type[AuraxError]) -> None:
    packed = to_application_error(kind("a song", "soup", "cook less"))
    back = from_failure(activity_failed(packed))
    assert packed.non_retryable is not kind.retryable
    assert (type(back), back.expected, back.found, back.fix) == (kind, "a song", "soup", "cook less")


def test_an_error_caused_by_another_one_is_still_the_one_that_counts() -> None:
    packed = to_application_error(RenderFailed("audio", "NaN", "try again"))
    packed.__cause__ = ApplicationError("below", type="ValueError")
    assert failure_type(activity_failed(packed)) == "RenderFailed"
    assert root_cause(activity_failed(packed)) is packed


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        (CancelledError("called off"), Cancelled),
        (asyncio.CancelledError(), Cancelled),
        (TimeoutError("late", type=TimeoutType.START_TO_CLOSE, last_heartbeat_details=()), ServiceUnavailable),
        (ApplicationError("boom", type="ZeroDivisionError"), AuraxError),
        (RuntimeError("boom"), AuraxError),
    ],
)
def test_failures_that_are_none_of_ours_get_a_plain_error(cause: BaseException, kind: type[AuraxError]) -> None:
    assert type(from_failure(activity_failed(cause))) is kind


def test_a_cancellation_is_no_failure_of_the_work() -> None:
    assert not is_failure_of_work(activity_failed(CancelledError("called off")))
    assert is_failure_of_work(activity_failed(ApplicationError("boom")))


class Raising(ActivityInboundInterceptor):
    def __init__(self, error: Exception) -> None:
        self.error = error

    async def execute_activity(self, input: ExecuteActivityInput) -> None:
        raise self.error


def invalid() -> Exception:
    with pytest.raises(ValueError) as caught:
        Verdict.model_validate_json("{}")
    return caught.value


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), StorageFull),
        (invalid(), CorruptData),
        (RenderFailed("audio", "NaN", "try again"), RenderFailed),
    ],
)
async def test_activities_raise_typed_errors(raised: Exception, kind: type[AuraxError]) -> None:
    interceptor = TypedErrors().intercept_activity(Raising(raised))
    with pytest.raises(ApplicationError) as caught:
        await interceptor.execute_activity(ExecuteActivityInput(fn=activity.defn, args=[], executor=None, headers={}))
    assert type(from_failure(caught.value)) is kind


def test_overlapping_work_of_a_stage_counts_once_and_gaps_do_not_count() -> None:
    def work(stage: StageName, start_s: float, end_s: float) -> Work:
        return Work(stage=stage, start_s=start_s, end_s=end_s)

    told = timings_s([work("render", 10, 12), work("render", 11, 14), work("render", 20, 21), work("mix", 21, 22.5)])
    assert told["render"] == 5.0
    assert (told["mix"], told["judge"], told["total"]) == (1.5, 0.0, 12.5)
    assert list(told) == ["intent", "compose", "render", "mix", "master", "judge", "deliver", "total"]
