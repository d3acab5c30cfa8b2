"""Handing a song over."""

from __future__ import annotations

from aurax.services.context import WorkerContext
from aurax.services.discard import delete_assets
from aurax.services.ports import Asset
from aurax.services.progress_events import ProgressEvents
from aurax.services.song import Song
from aurax.services.song_files import DeliveryRequest, write_song_files
from aurax.services.song_layers import keep_layers
from aurax.services.timing import Stopwatch


async def deliver_song(context: WorkerContext, request: DeliveryRequest) -> Song:
    """Write what the person gets, and forget everything that only the other takes needed.

    Args:
        context: what to work with.
        request: the accepted take and all that is known of the song.

    Raises:
        DamagedObject: a stored object is gone or not what was stored.
        StorageFull: no room is left.
    """
    song_id = request.song_id
    watch, events = Stopwatch("deliver"), ProgressEvents(context.events, song_id)
    await events.started("deliver")
    ledger = await context.ledger.song_lines(song_id)
    song = await context.in_thread(lambda cancelled: write_song_files(context, request, ledger, cancelled))
    assets = [Asset.of(file.path, file.object, delivered=True) for file in song.files]
    # A repeated delivery reads these two again, so they stay although nobody gets them.
    assets += [Asset.of("intent", request.intent), Asset.of("score", request.score)]
    song = song.model_copy(update={"intent": request.intent, "score": request.score, "revisions": request.revisions})
    if request.layers is not None:
        layers, kept = await keep_layers(context, song_id, request.layers)
        song = song.model_copy(update={"layers": layers})
        assets += kept
    await context.songs.save_assets(song_id, assets)
    await delete_assets(context, song_id, keep=[asset.name for asset in assets])
    await context.songs.accept_take(song_id, request.accepted)
    await context.songs.set_song_status(
        song_id,
        "delivered",
        title=song.title,
        style=song.style,
        duration_s=song.duration_s,
        passed=song.passed,
        score=song.points,
        details={
            "options": {"song_id": song_id, "request": request.request.model_dump(mode="json")},
            "timings_s": song.timings_s,
            "outcome": song.outcome,
        },
        result=song.model_dump(mode="json"),
    )
    await events.finished(watch.stop(), f"{len(song.files)} files")
    await context.events.append_event(
        song_id,
        "song.delivered",
        {
            "title": song.title,
            "passed": song.passed,
            "score": song.points,
            "outcome": song.outcome,
            "timings_s": song.timings_s,
        },
    )
    return song
