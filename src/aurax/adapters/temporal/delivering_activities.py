"""The activities at the end: handing a song over, or clearing up after one that will not be delivered."""

from __future__ import annotations

import asyncio

from temporalio import activity

from aurax.adapters.sql.songs import Asset
from aurax.adapters.temporal.delivery import deliver
from aurax.adapters.temporal.payloads import DeliveryRequest, Discard, Ending, Song
from aurax.adapters.temporal.story import Story
from aurax.adapters.temporal.studio import Studio
from aurax.adapters.temporal.threads import in_thread
from aurax.adapters.temporal.timing import Stopwatch


class DeliveringActivities:
    """Take → Song, or nothing.

    Args:
        studio: what to work with.
    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    @activity.defn
    async def deliver_song(self, request: DeliveryRequest) -> Song:
        """Write what the person gets, and forget everything that only the other takes needed."""
        studio, song_id = self._studio, request.song_id
        watch, story = Stopwatch("deliver"), Story(studio.events, song_id)
        await story.started("deliver")
        ledger = await studio.ledger.song_lines(song_id)
        song = await in_thread(lambda cancelled: deliver(studio, request, ledger, cancelled))
        assets = [Asset.of(file.path, file.object, delivered=True) for file in song.files]
        # A repeated delivery reads these two again, so they stay although nobody gets them.
        assets += [Asset.of("intent", request.intent), Asset.of("score", request.score)]
        await studio.songs.save_assets(song_id, assets)
        await self._delete(song_id, keep=[asset.name for asset in assets])
        await studio.songs.accept_take(song_id, request.accepted)
        await studio.songs.set_song_status(
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
        await story.finished(watch.stop(), f"{len(song.files)} files")
        await studio.events.append_event(
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

    @activity.defn
    async def discard_attempt(self, discard: Discard) -> None:
        """Delete what an abandoned attempt stored, unless another song needs it."""
        await self._delete(discard.song_id, discard.prefix)
        await self._studio.events.append_event(
            discard.song_id, "attempt.discarded", {"what": discard.prefix}, once=discard.prefix
        )

    @activity.defn
    async def end_song(self, ending: Ending) -> None:
        """Note how the song ended, and delete what was stored for it."""
        studio = self._studio
        if await studio.songs.result(ending.song_id) is not None:
            return  # it was delivered meanwhile: this is the end of an earlier run, told late or once more
        await self._delete(ending.song_id)
        half_delivered = await asyncio.to_thread(studio.objects.keys, f"songs/{ending.song_id}")
        await asyncio.to_thread(studio.objects.delete, half_delivered)
        error = {"error": {"type": ending.error, "message": ending.message}} if ending.error else {}
        await studio.songs.set_song_status(ending.song_id, ending.status, **({"details": error} if error else {}))
        await studio.events.append_event(ending.song_id, f"song.{ending.status}", error)

    async def _delete(self, song_id: str, prefix: str = "", *, keep: list[str] | None = None) -> None:
        orphans = await self._studio.songs.release_assets(song_id, prefix, keep=keep or ())
        await asyncio.to_thread(self._studio.objects.delete, orphans)
