"""Playing one track with its instrument."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError

from aurax.audio.reference import ObjectRef, SongId
from aurax.errors import RenderFailed
from aurax.render.stem import ClipStem
from aurax.score.score import Score
from aurax.services.asset_registry import AssetRegistry, take_prefix
from aurax.services.context import WorkerContext
from aurax.services.payload import Payload, Work
from aurax.services.ports import Renderer
from aurax.services.progress_events import ProgressEvents
from aurax.services.timing import Stopwatch


class TrackRequest(Payload):
    """One stem that is wanted."""

    song_id: SongId
    take_number: int
    score: ObjectRef
    track: str


class RenderedTrack(Payload):
    """The manifest of a rendered track."""

    track: str
    stem: ObjectRef
    work: Work


async def render_track(context: WorkerContext, request: TrackRequest) -> RenderedTrack:
    """Render one track into cached clips and store where they are placed.

    Args:
        context: what to work with.
        request: which one.

    Raises:
        RenderFailed: an instrument gives no usable audio, or the render processes were stopped.
        DamagedObject: the score is gone or not what was stored.
    """
    watch = Stopwatch("render")
    events = ProgressEvents(context.events, request.song_id, request.take_number)
    await events.finished_when("compose", 1)
    await events.started("render")
    assets = AssetRegistry(context.songs, request.song_id, take_prefix(request.take_number))
    ref, tracks = await context.in_thread(lambda cancelled: _render(context, request, assets, cancelled))
    await events.progress("render", request.track, stem=request.track, of=tracks, detail=request.track)
    await events.finished_when("render", tracks, f"{tracks} stems")
    return RenderedTrack(track=request.track, stem=ref, work=watch.stop())


def play_track(pool: Renderer, score: Score, track: str, cancelled: threading.Event) -> ClipStem:
    """Render one track.

    Args:
        pool: the renderer.
        score: the notes.
        track: name of the track.
        cancelled: set it to stop.

    Raises:
        RenderFailed: the render processes were stopped; a retry may find new ones.
        concurrent.futures.CancelledError: `cancelled` was set.
    """
    try:
        return pool.render_track(score.track(track), score, cancelled=cancelled)
    except CancelledError as error:
        if cancelled.is_set():
            raise
        raise RenderFailed("running render processes", "they were stopped", "try again") from error


def _render(
    context: WorkerContext, request: TrackRequest, assets: AssetRegistry, cancelled: threading.Event
) -> tuple[ObjectRef, int]:
    score = context.score(request.score)
    stem = play_track(context.pool, score, request.track, cancelled)
    manifest = stem.model_dump_json().encode()
    ref = context.objects.put_bytes(manifest, announce=assets.register(f"clips/{request.track}"))
    return ref, len(score.tracks)
