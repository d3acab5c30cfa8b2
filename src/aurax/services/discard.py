"""Clearing up: what an abandoned attempt stored, and what is left of a song that will not be delivered."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Literal

from aurax.audio.reference import SongId
from aurax.services.context import WorkerContext
from aurax.services.payload import Payload

_REFUSALS = frozenset({"LimitReached", "NotAllowed", "NotFound"})
"""Errors of songs that were not accepted: nothing of them was recorded, and what has that id may be another's."""


class DiscardRequest(Payload):
    """Objects that an abandoned attempt left."""

    song_id: SongId
    prefix: str = ""
    """Only assets whose name starts so; empty for all of the song."""


class EndRequest(Payload):
    """The end of a song that will not be delivered."""

    song_id: SongId
    status: Literal["failed", "cancelled"]
    error: str = ""
    message: str = ""


async def discard_attempt(context: WorkerContext, request: DiscardRequest) -> None:
    """Delete what an abandoned attempt stored, unless another song needs it.

    Args:
        context: what to work with.
        request: which attempt.
    """
    await delete_assets(context, request.song_id, request.prefix)
    await context.events.append_event(
        request.song_id, "attempt.discarded", {"what": request.prefix}, once=request.prefix
    )


async def end_song(context: WorkerContext, request: EndRequest) -> None:
    """Record how the song ended, and delete what was stored for it.

    Args:
        context: what to work with.
        request: how it ended.
    """
    if request.error in _REFUSALS:
        return
    if await context.songs.result(request.song_id) is not None:
        return  # it was delivered meanwhile: this is the end of an earlier run, recorded late or once more
    await delete_assets(context, request.song_id)
    half_delivered = await asyncio.to_thread(context.objects.keys, f"songs/{request.song_id}")
    await asyncio.to_thread(context.objects.delete, half_delivered)
    error = {"error": {"type": request.error, "message": request.message}} if request.error else {}
    await context.songs.set_song_status(request.song_id, request.status, **({"details": error} if error else {}))
    await context.events.append_event(request.song_id, f"song.{request.status}", error)


async def delete_assets(context: WorkerContext, song_id: str, prefix: str = "", *, keep: Collection[str] = ()) -> None:
    """Forget objects of a song, and delete those that no song needs.

    Args:
        context: what to work with.
        song_id: the song.
        prefix: only objects whose name starts so.
        keep: names to keep.
    """
    orphans = await context.songs.release_assets(song_id, prefix, keep=keep)
    await asyncio.to_thread(context.objects.delete, orphans)
