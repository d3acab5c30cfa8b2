"""Arrangement → Master: mix, master, judge; a saga, so that a failed master leaves nothing behind."""

from __future__ import annotations

from functools import partial

from temporalio import activity, workflow
from temporalio.common import VersioningBehavior
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from aurax.adapters.temporal.calls import CLEANUP, FOREIGN_HISTORY, call, stage_policy
    from aurax.adapters.temporal.errors import DAMAGED, failure_type, is_failure_of_work
    from aurax.adapters.temporal.payloads import MixingRequest, MixingResult
    from aurax.adapters.temporal.sagas import compensate
    from aurax.audio.reference import SongId
    from aurax.produce.adjustments import safer_settings
    from aurax.produce.saga import Compensation, Saga
    from aurax.services.asset_registry import attempt_prefix
    from aurax.services.context import WorkerContext
    from aurax.services.discard import DiscardRequest, discard_attempt
    from aurax.services.judge_take import Judged, JudgeRequest, judge_take
    from aurax.services.master_mix import Mastered, MasterRequest, master_mix
    from aurax.services.mix_stems import Mixed, MixRequest, mix_stems
    from aurax.services.payload import Work

_NO_OTHER_MIX_HELPS = frozenset({"StorageFull", "ServiceUnavailable"})


class MixingActivities:
    """Mix, master and verdict of a take.

    Args:
        context: what the use cases work with.
    """

    def __init__(self, context: WorkerContext) -> None:
        self._context = context

    @activity.defn
    async def mix_stems(self, request: MixRequest) -> Mixed:
        """Mix the stems and store each as it becomes final."""
        return await mix_stems(self._context, request)

    @activity.defn
    async def master_mix(self, request: MasterRequest) -> Mastered:
        """Master a mix and store it."""
        return await master_mix(self._context, request)

    @activity.defn
    async def judge_take(self, request: JudgeRequest) -> Judged:
        """Judge a mastered take and record it."""
        return await judge_take(self._context, request)

    @activity.defn
    async def discard_attempt(self, request: DiscardRequest) -> None:
        """Delete what an abandoned attempt stored, unless another song needs it."""
        await discard_attempt(self._context, request)


@workflow.defn(versioning_behavior=VersioningBehavior.PINNED, failure_exception_types=FOREIGN_HISTORY)
class MixingWorkflow:
    """Mixes and masters; when mastering fails, discards what the attempt stored and mixes again, more gently."""

    @workflow.run
    async def run(self, request: MixingRequest) -> MixingResult:
        """Bring a take from its stems, or from an existing mix, to its verdict."""
        mix_request, mixed = request.mix_request, request.mixed
        work: list[Work] = []
        saga = Saga()
        for attempt in range(request.max_attempts):
            mix_request = mix_request.model_copy(update={"attempt": attempt})
            prefix = attempt_prefix(mix_request.take.number, attempt)
            if mixed is None:
                saga = saga.begun("mix", prefix)
                mixed = await call(MixingActivities.mix_stems, mix_request, stage_policy("mix"))
                work.append(mixed.work)
            saga = saga.begun("master", prefix)
            try:
                mastered = await call(
                    MixingActivities.master_mix,
                    MasterRequest(mix_request=mix_request, mixed=mixed),
                    stage_policy("master"),
                )
            except ActivityError as error:
                if not is_failure_of_work(error) or failure_type(error) == DAMAGED:
                    raise  # another mix would be another song; the caller has the damage made good
                await compensate(saga, partial(_discard, mix_request.song_id))
                saga = saga.without(prefix)
                if attempt + 1 == request.max_attempts or failure_type(error) in _NO_OTHER_MIX_HELPS:
                    raise
                take = mix_request.take.model_copy(update={"mix": safer_settings(mix_request.take.mix)})
                mix_request, mixed = mix_request.model_copy(update={"take": take}), None
            else:
                return await _judge(mix_request, mixed, mastered, [*work, mastered.work])
        raise AssertionError("the last attempt returns or raises")


async def _judge(mix_request: MixRequest, mixed: Mixed, mastered: Mastered, work: list[Work]) -> MixingResult:
    judged = await call(
        MixingActivities.judge_take,
        JudgeRequest(mix_request=mix_request, mixed=mixed, mastered=mastered),
        stage_policy("judge"),
    )
    return MixingResult(
        settings=mix_request.take.mix,
        mixed=mixed,
        mastered=mastered,
        verdict=judged.verdict,
        work=(*work, judged.work),
    )


async def _discard(song_id: SongId, one: Compensation) -> None:
    await call(
        MixingActivities.discard_attempt,
        DiscardRequest(song_id=song_id, prefix=one.prefix),
        CLEANUP,
        even_cancelled=True,
    )
