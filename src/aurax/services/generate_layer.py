"""Generating a layer that follows a score."""

from __future__ import annotations

import threading
from collections.abc import Callable

from aurax.arrange.guide import guide
from aurax.arrange.layer import add_layer_track, fit_layer
from aurax.audio.reference import ObjectRef, SongId
from aurax.engines.direction import direct
from aurax.engines.engine import Chunk
from aurax.errors import InvalidOption
from aurax.services.asset_registry import AssetRegistry, take_prefix
from aurax.services.context import WorkerContext
from aurax.services.engine_calls import EngineCalls, PaidCall, Percents, credited, generated_candidate
from aurax.services.payload import Payload, Work
from aurax.services.progress_events import ProgressEvents
from aurax.services.raw_stems import AudioStem
from aurax.services.render_track import RenderedTrack
from aurax.services.task import EngineChoice
from aurax.services.timing import Stopwatch

LAYER_TRACK = "neural layer"


class LayerRequest(Payload):
    """A neural layer that is to follow a score."""

    song_id: SongId
    take_number: int
    engines: EngineChoice
    intent: ObjectRef
    score: ObjectRef
    seed: int


class Layered(Payload):
    """The score with its layer; without one where it did not agree with the notes."""

    score: ObjectRef
    track: RenderedTrack | None
    agreement: float
    """How alike the layer's pitches are to the notes', 0 to 1."""
    work: Work


async def generate_layer(context: WorkerContext, request: LayerRequest) -> Layered:
    """Generate a layer along a score, fit it to the score's grid and store both.

    Args:
        context: what to work with.
        request: the score and the engine.

    Raises:
        InvalidOption: the engine cannot follow a melody.
        BudgetExceeded: the song's budget does not pay for the call.
        BadEngineOutput: the engine gave no usable audio.
    """
    events = ProgressEvents(context.events, request.song_id, request.take_number)
    await events.started("generate")
    assets = AssetRegistry(context.songs, request.song_id, take_prefix(request.take_number))
    calls, percents = EngineCalls(context), Percents(events, "layer")
    layered = await context.in_thread(lambda cancelled: _layer(context, request, calls, assets, percents, cancelled))
    what = "layer" if layered.track is not None else "no layer"
    await events.finished(layered.work, f"{what}, agreement {layered.agreement:.2f}", agreement=layered.agreement)
    return layered


def _layer(
    context: WorkerContext,
    request: LayerRequest,
    calls: EngineCalls,
    assets: AssetRegistry,
    on_chunk: Callable[[Chunk], None],
    cancelled: threading.Event,
) -> Layered:
    watch = Stopwatch("generate")
    score, intent = context.score(request.score), context.intent(request.intent)
    info = calls.info(request.engines.engine, "generator")
    if "melody" not in info.conditions:
        raise InvalidOption(
            "an engine that can follow a melody for the dual mode",
            f"{info.name}, which takes {', '.join(sorted(info.conditions))}",
            "choose one such as musicgen-melody",
        )
    asked = direct(intent, context.style(intent.style).info, info, seeds=(request.seed,), melody=guide(score))
    call = PaidCall(request.song_id, f"take {request.take_number}/layer", info.name, asked, request.engines)
    fitted = fit_layer(score, generated_candidate(info, calls.run(call, cancelled, on_chunk), 0))
    if not fitted.fits:
        return Layered(score=request.score, track=None, agreement=fitted.agreement, work=watch.stop())
    audio = context.objects.put_audio(fitted.waveform, announce=assets.register("layer"))
    stem = AudioStem(track=LAYER_TRACK, audio=audio).model_dump_json().encode()
    work = watch.stop()
    with_layer = credited(add_layer_track(score, LAYER_TRACK, instrument=info.name), info)
    return Layered(
        score=context.put_score(with_layer, assets.register("score with layer")),
        track=RenderedTrack(
            track=LAYER_TRACK,
            stem=context.objects.put_bytes(stem, announce=assets.register("layer stem")),
            work=work,
        ),
        agreement=fitted.agreement,
        work=work,
    )
