"""Writing a session into the database, where it can be looked at, and opened again, without its workflow."""

from __future__ import annotations

from datetime import datetime

from aurax.audio.reference import SongId
from aurax.services.context import WorkerContext
from aurax.services.payload import Payload
from aurax.services.session import Version


class KeepRequest(Payload):
    """What changed in a session since it was written last."""

    session_id: SongId
    owner: str | None = None
    title: str = ""
    opened_at: datetime
    closed_at: datetime | None = None
    current: str | None = None
    idle_s: float = 3600.0
    order: tuple[SongId, ...] = ()
    """The songs of all versions, in their order."""
    versions: tuple[Version, ...] = ()
    """Those that changed."""


async def keep_session(context: WorkerContext, request: KeepRequest) -> None:
    """Write a session down.

    Args:
        context: what to work with.
        request: what changed; may be repeated.
    """
    await context.sessions.keep(request)
    for version in request.versions:
        if version.rating is not None:
            await context.songs.rate_song(version.song_id, version.rating, version.rating_words)
