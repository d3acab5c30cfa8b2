"""A song's events as server-sent events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse

from aurax.adapters.http.views import SongAccepted
from aurax.adapters.sql.events import Event
from aurax.adapters.sql.owned import OwnedSongs
from aurax.errors import NotFound

MEDIA_TYPE = "text/event-stream"
_ALIVE_EVERY_S = 15.0
_BEGUN_WITHIN_S = 3600.0
_BEGUN_POLL_S = 0.3


def event_stream(
    songs: OwnedSongs, song_id: str, after_id: int = 0, *, accepted: SongAccepted | None = None, status: int = 200
) -> StreamingResponse:
    """A song's events from an event on, to its last one.

    Args:
        songs: of the caller.
        song_id: the song, which is theirs.
        after_id: the last event that was seen.
        accepted: what is told first, as `song.accepted`.
        status: of the response.
    """
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(
        _lines(songs, song_id, after_id, accepted), status_code=status, media_type=MEDIA_TYPE, headers=headers
    )


async def _lines(songs: OwnedSongs, song_id: str, after_id: int, accepted: SongAccepted | None) -> AsyncIterator[str]:
    """Events as lines; a comment now and then, so that nobody in between takes the connection for dead."""
    if accepted is None:
        yield ": events\n\n"
    else:
        yield f"event: song.accepted\ndata: {accepted.model_dump_json()}\n\n"
    following = events_of(songs, song_id, after_id)
    coming: asyncio.Future[Event] | None = None
    try:
        while True:
            coming = coming or asyncio.ensure_future(anext(following))
            done, _ = await asyncio.wait({coming}, timeout=_ALIVE_EVERY_S)
            if not done:
                yield ": still here\n\n"
                continue
            try:
                event = coming.result()
            except StopAsyncIteration:
                return
            coming = None
            yield f"id: {event.id}\nevent: {event.kind}\ndata: {event.model_dump_json()}\n\n"
    finally:
        if coming is not None:
            coming.cancel()


async def events_of(songs: OwnedSongs, song_id: str, after_id: int = 0) -> AsyncIterator[Event]:
    """A song's events to its last one, from when it is begun; one that waits in its session has none before.

    Args:
        songs: of the caller.
        song_id: the song.
        after_id: the last event that was seen.

    Raises:
        NotFound: it was not begun within an hour.
    """
    deadline_s = time.monotonic() + _BEGUN_WITHIN_S
    while time.monotonic() < deadline_s:
        try:
            await songs.get_song(song_id)
            break
        except NotFound:
            await asyncio.sleep(_BEGUN_POLL_S)
    async for event in songs.follow(song_id, after_id):
        yield event
