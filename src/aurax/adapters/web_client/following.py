"""Following a song's events, over lost connections."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from aurax.adapters.http.streams import MEDIA_TYPE
from aurax.adapters.sql.events import LAST_KINDS, Event
from aurax.adapters.web_client.connection import Connection, quoted
from aurax.adapters.web_client.server_sent import read_events
from aurax.errors import AuraxError, NotFound

_FIRST_PAUSE_S: Final = 0.25
_LONGEST_PAUSE_S: Final = 5.0
_BEGUN_WITHIN_S: Final = 10.0
"""So long a song may take to be there after it was asked for."""


def follow(
    connection: Connection, song_id: str, after_id: int, within_s: float | None, patience_s: float
) -> Iterator[Event]:
    """What happened to a song after an event and what happens from now on; ends with its last event.

    Args:
        connection: to the server.
        song_id: the song.
        after_id: the last event that was seen; 0 for all.
        within_s: how long to follow; None to the end.
        patience_s: for how long a server that went away is looked for.

    Raises:
        AuraxError: there is no such song, or the server stays away.
    """
    until_s = None if within_s is None else time.monotonic() + within_s
    begun_s = answered_s = time.monotonic()
    first_id, pause_s = after_id, _FIRST_PAUSE_S
    while until_s is None or time.monotonic() < until_s:
        try:
            for event in _stream(connection, song_id, after_id, until_s):
                after_id = event.id
                answered_s, pause_s = time.monotonic(), _FIRST_PAUSE_S
                yield event
                if event.kind in LAST_KINDS:
                    return
        except NotFound:
            if after_id != first_id or time.monotonic() > begun_s + _BEGUN_WITHIN_S:
                raise
        except AuraxError as error:
            if not error.retryable or time.monotonic() > answered_s + patience_s:
                raise
        if until_s is not None:
            pause_s = min(pause_s, max(0.0, until_s - time.monotonic()))
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def _stream(connection: Connection, song_id: str, after_id: int, until_s: float | None) -> Iterator[Event]:
    headers = {"Accept": MEDIA_TYPE, "Last-Event-ID": str(after_id)}
    with connection.opened("GET", quoted("songs", song_id, "events"), headers=headers) as incoming:
        for sent in read_events(incoming.lines(until_s)):
            if sent.id:
                yield Event.model_validate_json(sent.data)
