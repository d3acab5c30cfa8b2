"""Generating the pieces of audio that compete in a take."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from aurax.arrange.hearing import hear
from aurax.audio.reference import ObjectRef, SongId
from aurax.audio.waveform import Waveform
from aurax.compose.style import Style
from aurax.engines.direction import direct, tempo_and_key
from aurax.engines.engine import Chunk
from aurax.engines.requests import DiscriminationRequest
from aurax.errors import SilentAudio
from aurax.intent.intent import Intent
from aurax.judge.measurements import MasterMeasurements
from aurax.produce.candidate import Findings, rate
from aurax.services.asset_registry import AssetRegistry, take_prefix
from aurax.services.compose_candidate import Candidate
from aurax.services.context import WorkerContext
from aurax.services.engine_calls import DISCRIMINATOR, EngineCalls, PaidCall, Percents, generated_candidate
from aurax.services.payload import Payload
from aurax.services.progress_events import ProgressEvents
from aurax.services.task import EngineChoice
from aurax.services.timing import Stopwatch

_SILENT_LUFS = -60.0
_SHORTEST_JUDGED_S = 2.0


class GenerateRequest(Payload):
    """Audio candidates that are wanted, decoded together."""

    song_id: SongId
    intent: ObjectRef
    take_number: int
    engines: EngineChoice
    first_index: int
    """Index of the first candidate, counted over all rounds of the take."""
    seeds: tuple[int, ...]
    """One candidate for each."""


class GeneratedCandidates(Payload):
    """The candidates, in the order of their seeds."""

    candidates: tuple[Candidate, ...]


async def generate_candidates(context: WorkerContext, request: GenerateRequest) -> GeneratedCandidates:
    """Generate candidates together, listen to each and store them.

    Args:
        context: what to work with.
        request: how many, by which engine.

    Raises:
        LicenceForbids: the song is for commercial use, and the engine's weights are not.
        BudgetExceeded: the song's budget does not pay for the call.
        BadEngineOutput: the engine gave no usable audio.
    """
    events = ProgressEvents(context.events, request.song_id, request.take_number)
    await events.started("generate")
    assets = AssetRegistry(context.songs, request.song_id, take_prefix(request.take_number))
    calls, percents = EngineCalls(context), Percents(events, f"round {request.first_index}")
    candidates = await context.in_thread(
        lambda cancelled: _generate(context, request, calls, assets, percents, cancelled)
    )
    for candidate in candidates:
        await events.progress(
            "generate",
            f"candidate {candidate.index}",
            candidate=candidate.index,
            passed=candidate.passed,
            points=candidate.points,
            failures=candidate.failures,
            detail=f"candidate {candidate.index}: {candidate.points:.0f} points",
        )
    await events.finished(candidates[-1].work, f"{len(candidates)} candidates from {request.engines.engine}")
    return GeneratedCandidates(candidates=tuple(candidates))


def intended_defects(style: Style) -> tuple[str, ...]:
    """What the discriminator would call a defect and the style wants."""
    production = style.production
    wanted = {
        "muffled": production.lowpass_hz is not None,
        "warble": production.wow_cents > 0.0,
        "distortion": production.saturation_db >= 3.0,
    }
    return tuple(name for name, intended in wanted.items() if intended)


def _generate(
    context: WorkerContext,
    request: GenerateRequest,
    calls: EngineCalls,
    assets: AssetRegistry,
    on_chunk: Callable[[Chunk], None],
    cancelled: threading.Event,
) -> list[Candidate]:
    watch = Stopwatch("generate")
    intent = context.intent(request.intent)
    style = context.style(intent.style)
    info = calls.info(request.engines.engine, "generator")
    asked = direct(intent, style.info, info, seeds=request.seeds)
    place = f"take {request.take_number}"
    call = PaidCall(request.song_id, f"{place}/generate from {request.first_index}", info.name, asked, request.engines)
    generated = calls.run(call, cancelled, on_chunk)
    candidates = []
    for number, seed in enumerate(request.seeds):
        index = request.first_index + number
        raw = generated_candidate(info, generated, number)
        quality = None
        if calls.can_discriminate() and raw.duration_s >= _SHORTEST_JUDGED_S:
            listening = DiscriminationRequest(raw, intended=intended_defects(style))
            call = PaidCall(request.song_id, f"{place}/listen {index}", DISCRIMINATOR, listening, request.engines)
            quality = calls.run(call, cancelled).measurements.get("quality")
        rating = rate(intent, *tempo_and_key(intent, style.info), _findings(raw, intent, style, quality))
        audio = context.objects.put_audio(raw, announce=assets.register(f"raw {index}"))
        candidates.append(
            Candidate(
                index=index,
                seed=seed,
                audio=audio,
                passed=rating.passed,
                points=rating.points,
                failures=rating.failures,
                work=watch.stop(),
            )
        )
    return candidates


def _findings(raw: Waveform, intent: Intent, style: Style, quality: float | None) -> Findings:
    bpm, _ = tempo_and_key(intent, style.info)
    meter = intent.meter
    measured = MasterMeasurements(raw)
    try:
        heard = hear(raw, tempo_hint_bpm=bpm, beats_per_bar=meter.numerator if meter else 4)
    except SilentAudio:
        heard = None
    return Findings(
        tempo_bpm=heard.tempo_bpm if heard else None,
        tempo_confidence=heard.tempo_confidence if heard else 0.0,
        key=heard.key if heard else None,
        key_confidence=heard.key_confidence if heard else 0.0,
        integrated_lufs=measured.integrated_lufs,
        silent_share=float(np.mean(measured.hop_lufs < _SILENT_LUFS)) if measured.hop_lufs.size else 1.0,
        correlation=measured.correlation,
        quality=quality,
    )
