"""What happens to a song, as it happens: a list, a stream of server-sent events, or a WebSocket for a whole session."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, WebSocket
from starlette.responses import Response

from aurax.adapters.http.access import Reader, socket_caller
from aurax.adapters.http.desk import Desk
from aurax.adapters.http.installation import At, installation_of
from aurax.adapters.http.problems import answers
from aurax.adapters.http.socket import SessionSocket
from aurax.adapters.http.streams import MEDIA_TYPE, event_stream
from aurax.adapters.sql.events import Event
from aurax.errors import AuraxError

router = APIRouter(tags=["events"])

_LARGEST_ID = 2**62


@router.get(
    "/songs/{song_id}/events",
    response_model=tuple[Event, ...],
    responses={**answers(404), 200: {"content": {MEDIA_TYPE: {}}, "description": "Events, in their order."}},
    summary="Events of a song",
)
async def get_events(
    song_id: str,
    at: At,
    caller: Reader,
    accept: Annotated[str, Header()] = "",
    last_event_id: Annotated[str, Header(description="The last event that was seen, of a stream.")] = "",
    after_id: Annotated[int, Query(ge=0, le=_LARGEST_ID, description="Only events after this one.")] = 0,
) -> Response | tuple[Event, ...]:
    """What happened to a song so far; with `Accept: text/event-stream` also what happens from now on, to its end."""
    songs = at.library(caller.owner).songs
    if last_event_id.isascii() and last_event_id.isdigit():
        after_id = max(after_id, min(int(last_event_id), _LARGEST_ID))
    if MEDIA_TYPE not in accept:
        return await songs.events(song_id, after_id)
    song = await songs.get_song(song_id)
    return event_stream(songs, song.id, after_id)


@router.websocket("/sessions/{session_id}/socket")
async def session_socket(socket: WebSocket, session_id: str) -> None:
    """A session's states and its songs' events as they come, and requests in the other direction."""
    try:
        caller = await socket_caller(socket)
        desk = Desk(installation_of(socket), caller.owner)
        state = await desk.state(session_id)
    except AuraxError as error:
        await socket.close(1008, type(error).__name__)
        return
    await SessionSocket(socket, desk, state).serve()
