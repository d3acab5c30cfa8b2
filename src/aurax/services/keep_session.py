"""Writing a session into the database, where it can be looked at, and opened again, without its workflow."""

from __future__ import annotations

from aurax.services.context import WorkerContext
from aurax.services.session import KeepRequest


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
