"""Every activity as a workflow calls it: its name, its types, its time, and when a retry makes sense."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType

with workflow.unsafe.imports_passed_through():
    from aurax.adapters.temporal.errors import PROGRAMMING_ERRORS
    from aurax.adapters.temporal.neural_payloads import (
        Arranged,
        ArrangingOrder,
        GeneratedCandidates,
        GenerationOrder,
        Layered,
        LayerOrder,
        Separated,
        SeparationOrder,
    )
    from aurax.adapters.temporal.payloads import (
        Analysis,
        Candidate,
        CandidateRequest,
        Damage,
        DeliveryRequest,
        Discard,
        Ending,
        Inspection,
        Judged,
        JudgeRequest,
        Mastered,
        MasterRequest,
        Mixed,
        MixRequest,
        RenderedTrack,
        Song,
        TrackRequest,
    )
    from aurax.adapters.temporal.refusal import untrusted
    from aurax.services.task import SongTask

T = TypeVar("T")

HEARTBEAT = timedelta(seconds=10)
"""Working activities beat every second; after this long without a beat their worker counts as dead."""


def _retry(attempts: int) -> RetryPolicy:
    return RetryPolicy(
        initial_interval=timedelta(milliseconds=200),
        backoff_coefficient=2.0,
        maximum_interval=timedelta(seconds=10),
        maximum_attempts=attempts,
        non_retryable_error_types=PROGRAMMING_ERRORS,
    )


_QUICK: dict[str, Any] = {
    "start_to_close_timeout": timedelta(seconds=30),
    # It is done before its first beat, but a stranger's worker that takes it and says nothing must not hold it longer.
    "heartbeat_timeout": HEARTBEAT,
    "retry_policy": _retry(3),
}
"""Work of milliseconds."""


def _working(minutes: float) -> dict[str, Any]:
    return {
        "start_to_close_timeout": timedelta(minutes=minutes),
        "heartbeat_timeout": HEARTBEAT,
        "retry_policy": _retry(3),
        # Whoever cleans up after a cancellation must not race with work that is still writing.
        "cancellation_type": ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    }


async def _call(activity: str, argument: Any, result: type[T], options: dict[str, Any]) -> T:
    return answered(await workflow.execute_activity(activity, argument, result_type=result, **options), result)


def answered(value: Any, kind: type[T]) -> T:
    """What an activity or a child workflow answered.

    Args:
        value: the answer.
        kind: its type.

    Raises:
        UntrustedPayload: nothing, or several values; none of ours answers so, but a stranger's worker can.
    """
    if not isinstance(value, kind):
        raise untrusted("an empty answer" if value is None else "an answer of another kind")
    return value


async def analyze(task: SongTask) -> Analysis:
    """Read the prompt."""
    return await _call("analyze", task, Analysis, _QUICK)


async def compose_candidate(request: CandidateRequest) -> Candidate:
    """Compose one score and judge its notes."""
    return await _call("compose_candidate", request, Candidate, _working(5))


async def generate_candidates(order: GenerationOrder) -> GeneratedCandidates:
    """Generate audio candidates and judge them."""
    return await _call("generate_candidates", order, GeneratedCandidates, _working(60))


async def separate_stems(order: SeparationOrder) -> Separated:
    """Take generated audio apart."""
    return await _call("separate_stems", order, Separated, _working(60))


async def arrange_stems(order: ArrangingOrder) -> Arranged:
    """Arrange separated audio into a song."""
    return await _call("arrange_stems", order, Arranged, _working(20))


async def generate_layer(order: LayerOrder) -> Layered:
    """Generate a layer that follows a score."""
    return await _call("generate_layer", order, Layered, _working(60))


async def render_track(request: TrackRequest) -> RenderedTrack:
    """Render one track."""
    return await _call("render_track", request, RenderedTrack, _working(20))


async def mix_stems(request: MixRequest) -> Mixed:
    """Mix the stems and store what came of each."""
    return await _call("mix_stems", request, Mixed, _working(20))


async def master_mix(request: MasterRequest) -> Mastered:
    """Master a mix."""
    return await _call("master_mix", request, Mastered, _working(10))


async def judge_take(request: JudgeRequest) -> Judged:
    """Judge a mastered take."""
    return await _call("judge_take", request, Judged, _working(10))


async def deliver_song(request: DeliveryRequest) -> Song:
    """Write the files of the accepted take."""
    return await _call("deliver_song", request, Song, _working(20))


async def find_damage(inspection: Inspection) -> Damage:
    """Look at stored objects."""
    return await _call("find_damage", inspection, Damage, _working(10))


async def discard_attempt(discard: Discard) -> None:
    """Delete what an abandoned attempt stored, unless another song needs it."""
    await workflow.execute_activity(
        "discard_attempt", discard, start_to_close_timeout=timedelta(minutes=1), retry_policy=_retry(10)
    )


async def end_song(ending: Ending) -> None:
    """Note that a song will not be delivered, and delete what was stored for it."""
    await workflow.execute_activity(
        "end_song", ending, start_to_close_timeout=timedelta(minutes=1), retry_policy=_retry(10)
    )
