"""Judging a mastered take."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence

from aurax.judge.criterion import Criterion, Evidence, StemMeasurements
from aurax.judge.judge import judge
from aurax.judge.verdict import Verdict
from aurax.mix.mixer import MixedStem
from aurax.produce.take import TakeResult
from aurax.services.context import WorkerContext
from aurax.services.master_mix import Mastered
from aurax.services.memory_budget import JUDGE_BUFFERS
from aurax.services.mix_stems import Mixed, MixedStemRef, MixRequest, attempt_events
from aurax.services.payload import Payload, Work
from aurax.services.timing import Stopwatch


class JudgeRequest(Payload):
    """A take to be judged."""

    mix_request: MixRequest
    mixed: Mixed
    mastered: Mastered


class Judged(Payload):
    """What the judge found."""

    verdict: Verdict
    work: Work


async def judge_take(context: WorkerContext, request: JudgeRequest) -> Judged:
    """Judge a mastered take and record it.

    Args:
        context: what to work with.
        request: the take.

    Raises:
        DamagedObject: a stored object is gone or not what was stored.
    """
    watch = Stopwatch("judge")
    mix_request = request.mix_request
    events = attempt_events(context, mix_request)
    await events.started("judge")
    verdict = await context.in_thread(lambda cancelled: _judge(context, request, cancelled))
    judged = Judged(verdict=verdict, work=watch.stop())
    await context.songs.save_take(mix_request.song_id, TakeResult(settings=mix_request.take, verdict=verdict))
    await events.finished(
        judged.work,
        f"{verdict.score:.0f} points" + ("" if verdict.is_acceptable else ", not good enough"),
        passed=verdict.passed,
        score=verdict.score,
        failures=[check.name for check in verdict.failures],
        redone=mix_request.take.redo_layer,
    )
    return judged


def judge_song(evidence: Evidence, criteria: Sequence[Criterion]) -> Verdict:
    """Judge a take, or its notes alone, against its contract and the criteria.

    Args:
        evidence: the intent, the score and whatever was made of it so far.
        criteria: all that are installed.
    """
    return judge(evidence, criteria)


def measured(stem: MixedStemRef | MixedStem) -> StemMeasurements:
    """What the judge must know of a mixed stem; −∞ stands for the level of a silent one."""
    return StemMeasurements(
        integrated_lufs=-math.inf if stem.integrated_lufs is None else stem.integrated_lufs,
        peak_dbfs=-math.inf if stem.peak_dbfs is None else stem.peak_dbfs,
        correlation=stem.correlation,
        role=stem.role,
    )


def _judge(context: WorkerContext, request: JudgeRequest, cancelled: threading.Event) -> Verdict:
    with context.memory.claim(request.mixed.mix.frames, JUDGE_BUFFERS, cancelled):
        objects, mixed = context.objects, request.mixed
        stems = {stem.name: stem for stem in mixed.stems}
        evidence = Evidence(
            intent=context.intent(request.mix_request.intent),
            score=context.score(request.mix_request.score),
            stems={name: measured(stem) for name, stem in stems.items()},
            mix=objects.read_audio(mixed.mix, keep=True),
            master=objects.read_audio(request.mastered.master, keep=True),
            null_residual_dbfs=mixed.null_residual_dbfs,
            asked=mixed.settings.asked,
            load_stem=lambda name: objects.read_audio(stems[name].audio),
        )
        return judge_song(evidence, context.criteria)
