"""Arranging separated audio into a song that follows a form."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError
from dataclasses import replace

from aurax.arrange.arranger import arrange
from aurax.audio.reference import AudioRef, ObjectRef, SongId
from aurax.services.asset_registry import AssetRegistry, take_prefix
from aurax.services.context import WorkerContext
from aurax.services.engine_calls import credited
from aurax.services.payload import Payload, Work
from aurax.services.progress_events import ProgressEvents
from aurax.services.raw_stems import AudioStem
from aurax.services.render_track import RenderedTrack
from aurax.services.separate_stems import SeparatedStem
from aurax.services.task import EngineChoice
from aurax.services.timing import Stopwatch


class ArrangeRequest(Payload):
    """Separated audio that is to become a song."""

    song_id: SongId
    take_number: int
    engines: EngineChoice
    intent: ObjectRef
    seed: int
    audio: AudioRef
    separator: str
    stems: tuple[SeparatedStem, ...]


class Arranged(Payload):
    """The song's tracks, and the score that was heard in them."""

    score: ObjectRef
    tracks: tuple[RenderedTrack, ...]
    work: Work


async def arrange_stems(context: WorkerContext, request: ArrangeRequest) -> Arranged:
    """Arrange separated audio into a song, and write down what was heard in it as a score.

    Args:
        context: what to work with.
        request: the audio and its stems.

    Raises:
        SilentAudio: nothing is heard in the audio.
        DamagedObject: a stored object is gone or not what was stored.
    """
    events = ProgressEvents(context.events, request.song_id, request.take_number)
    await events.started("arrange")
    assets = AssetRegistry(context.songs, request.song_id, take_prefix(request.take_number))
    arranged, detail = await context.in_thread(lambda cancelled: _arrange(context, request, assets, cancelled))
    await events.finished(arranged.work, detail)
    return arranged


def _arrange(
    context: WorkerContext, request: ArrangeRequest, assets: AssetRegistry, cancelled: threading.Event
) -> tuple[Arranged, str]:
    watch = Stopwatch("arrange")
    objects = context.objects
    intent = context.intent(request.intent)
    outcome = arrange(
        intent,
        context.style(intent.style),
        objects.read_audio(request.audio),
        {stem.name: objects.read_audio(stem.audio) for stem in request.stems},
        seed=request.seed,
        engine=request.engines.engine,
    )
    if cancelled.is_set():
        raise CancelledError
    infos = (context.runtime.info(name) for name in (request.engines.engine, request.separator))
    score = credited(replace(outcome.score, origin="transcribed"), *infos)
    tracks = []
    for track in score.tracks:
        audio = objects.put_audio(outcome.stems[track.name], announce=assets.register(f"arranged {track.name}"))
        stem = AudioStem(track=track.name, audio=audio).model_dump_json().encode()
        ref = objects.put_bytes(stem, announce=assets.register(f"stem {track.name}"))
        tracks.append(RenderedTrack(track=track.name, stem=ref, work=watch.stop()))
    arranged = Arranged(
        score=context.put_score(score, assets.register("score heard")), tracks=tuple(tracks), work=watch.stop()
    )
    plan = score.plan
    return arranged, f"{len(plan.sections)} sections, {plan.tempo_bpm:g} bpm, {plan.key}"
