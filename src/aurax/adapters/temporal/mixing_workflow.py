"""Arrangement → Master: mix, master, judge; a saga, so that a failed master leaves nothing behind."""

from __future__ import annotations

import asyncio

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from aurax.adapters.temporal import calls
    from aurax.adapters.temporal.assets import attempt_prefix
    from aurax.adapters.temporal.errors import DAMAGED, failure_type, is_failure_of_work
    from aurax.adapters.temporal.payloads import (
        Discard,
        JudgeRequest,
        Mastered,
        MasterRequest,
        Mixed,
        MixingRequest,
        MixingResult,
        MixRequest,
        Work,
    )
    from aurax.produce.cures import gentler

_NO_OTHER_MIX_HELPS = frozenset({"StorageFull", "ServiceUnavailable"})


@workflow.defn
class MixingWorkflow:
    """Mixes and masters; when mastering fails, discards what the attempt stored and mixes again, more gently."""

    @workflow.run
    async def run(self, request: MixingRequest) -> MixingResult:
        """Bring a take from its stems, or from an existing mix, to its verdict."""
        mix_request, mixed = request.mix_request, request.mixed
        work: list[Work] = []
        for attempt in range(request.max_attempts):
            mix_request = mix_request.model_copy(update={"attempt": attempt})
            if mixed is None:
                mixed = await calls.mix_stems(mix_request)
                work.append(mixed.work)
            try:
                mastered = await calls.master_mix(MasterRequest(mix_request=mix_request, mixed=mixed))
            except ActivityError as error:
                if not is_failure_of_work(error) or failure_type(error) == DAMAGED:
                    raise  # another mix would be another song; whoever asked for this one has the damage made good
                await _compensate(mix_request)
                if attempt + 1 == request.max_attempts or failure_type(error) in _NO_OTHER_MIX_HELPS:
                    raise
                take = mix_request.take.model_copy(update={"mix": gentler(mix_request.take.mix)})
                mix_request, mixed = mix_request.model_copy(update={"take": take}), None
            else:
                return await _judge(mix_request, mixed, mastered, [*work, mastered.work])
        raise AssertionError("the last attempt returns or raises")


async def _judge(mix_request: MixRequest, mixed: Mixed, mastered: Mastered, work: list[Work]) -> MixingResult:
    judged = await calls.judge_take(JudgeRequest(mix_request=mix_request, mixed=mixed, mastered=mastered))
    return MixingResult(
        settings=mix_request.take.mix,
        mixed=mixed,
        mastered=mastered,
        verdict=judged.verdict,
        work=(*work, judged.work),
    )


async def _compensate(mix_request: MixRequest) -> None:
    prefix = attempt_prefix(mix_request.take.number, mix_request.attempt)
    # Shielded: a cancellation in this moment must not leave half of the objects behind.
    await asyncio.shield(
        asyncio.ensure_future(calls.discard_attempt(Discard(song_id=mix_request.song_id, prefix=prefix)))
    )
