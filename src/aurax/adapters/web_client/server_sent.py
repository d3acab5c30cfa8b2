"""Server-sent events, read line by line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class ServerSentEvent:
    """One event of a stream.

    Args:
        id: the last id that the stream gave; empty when it gave none yet.
        event: its kind; `message` when it has none.
        data: its text.
    """

    id: str
    event: str
    data: str


def read_events(lines: Iterable[bytes]) -> Iterator[ServerSentEvent]:
    """The events in the lines of a stream; one that is cut off before its empty line is none.

    Args:
        lines: as they come, with their ends.

    Source: WHATWG HTML, 9.2.6, "Interpreting an event stream".
    """
    last_id, event = "", ""
    data: list[str] = []
    for line in lines:
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        if not text:
            if data:
                yield ServerSentEvent(last_id, event or "message", "\n".join(data))
            event, data = "", []
            continue
        name, _, value = text.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            data.append(value)
        elif name == "event":
            event = value
        elif name == "id" and "\0" not in value:
            last_id = value
