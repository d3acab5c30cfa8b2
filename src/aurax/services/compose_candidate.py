"""Composing one of the scores that compete in a take."""

from __future__ import annotations

from collections.abc import Mapping

from aurax.audio.reference import AudioRef, ObjectRef, SongId
from aurax.compose.composer import compose
from aurax.compose.style import Style
from aurax.intent.intent import Intent
from aurax.judge.criterion import Evidence
from aurax.judge.judge import judge
from aurax.score.instrument import InstrumentInfo
from aurax.score.score import Score
from aurax.services.asset_registry import AssetRegistry, take_prefix
from aurax.services.context import WorkerContext
from aurax.services.payload import Payload, Work
from aurax.services.progress_events import ProgressEvents
from aurax.services.timing import Stopwatch


class CandidateRequest(Payload):
    """One score that is wanted."""

    song_id: SongId
    intent: ObjectRef
    take_number: int
    index: int
    """Counted from 0 over all rounds of the take."""
    seed: int


class Candidate(Payload):
    """A composed score or a piece of generated audio, and what it is worth."""

    index: int
    seed: int
    score: ObjectRef | None = None
    """What was composed; none where audio was generated."""
    audio: AudioRef | None = None
    """What was generated; none where notes were composed."""
    tracks: tuple[str, ...] = ()
    """Of the score."""
    passed: bool
    """Whether everything that a take cannot do without was found."""
    points: float
    """0 to 100, for choosing among candidates."""
    failures: tuple[str, ...] = ()
    work: Work


async def compose_candidate(context: WorkerContext, request: CandidateRequest) -> Candidate:
    """Compose one score and judge its notes.

    Args:
        context: what to work with.
        request: which one.

    Raises:
        UnknownPlugin: the intent's style is not installed here.
        DamagedObject: the intent is gone or not what was stored.
    """
    events = ProgressEvents(context.events, request.song_id, request.take_number)
    await events.started("compose")
    assets = AssetRegistry(context.songs, request.song_id, take_prefix(request.take_number))
    candidate = await context.in_thread(lambda _cancelled: _compose(context, request, assets))
    await events.progress(
        "compose",
        f"candidate {request.index}",
        candidate=request.index,
        passed=candidate.passed,
        points=candidate.points,
        failures=candidate.failures,
        detail=f"{candidate.points:.0f} points",
    )
    return candidate


def write_score(
    intent: Intent, seed: int, styles: Mapping[str, Style], instruments: Mapping[str, InstrumentInfo]
) -> Score:
    """Compose a score; the same intent and seed give the same score.

    Args:
        intent: what is wanted.
        seed: of the candidate.
        styles: by name.
        instruments: by name.

    Raises:
        UnknownPlugin: the intent's style is not installed.
    """
    return compose(intent, seed, styles, instruments)


def _compose(context: WorkerContext, request: CandidateRequest, assets: AssetRegistry) -> Candidate:
    watch = Stopwatch("compose")
    intent = context.intent(request.intent)
    score = write_score(intent, request.seed, context.styles, context.instrument_infos)
    # Most instruments are the same in every candidate: the render processes compile while others are composed.
    context.pool.prepare(track.instrument for track in score.tracks)
    verdict = judge(Evidence(intent=intent, score=score, stems={}), context.criteria)
    return Candidate(
        index=request.index,
        seed=request.seed,
        score=context.put_score(score, assets.register(f"score {request.index}")),
        tracks=tuple(track.name for track in score.tracks),
        passed=verdict.is_acceptable,
        points=verdict.score,
        failures=tuple(check.name for check in verdict.failures),
        work=watch.stop(),
    )
