"""The events of a song: append-only, and following them while they happen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, model_validator
from sqlalchemy import Row, select

from aurax.adapters.sql.database import Database
from aurax.adapters.sql.tables import EventRow
from aurax.services.clock import Moment, elapsed_s, now

LAST_KINDS = frozenset({"song.delivered", "song.failed", "song.cancelled"})
"""Kinds after which nothing more happens to a song."""
_CLOCK = "clock"
"""Where a row keeps name and time of the steady clock, among the data."""


class Event(BaseModel):
    """One event of a song."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    """Rises from event to event, over all songs."""
    song_id: str
    at: datetime
    kind: str
    """Such as `mix.finished`: the thing and what happened to it."""
    data: dict[str, Any]
    clock: str = ""
    """Names the steady clock of the machine that recorded it."""
    steady_s: float = 0.0
    """When it happened, on that clock."""

    @model_validator(mode="before")
    @classmethod
    def _take_clock_from_data(cls, row: Any) -> Any:
        values = dict(row._mapping) if isinstance(row, Row) else row
        if isinstance(values, dict) and _CLOCK in values.get("data", {}):
            data = dict(values["data"])
            clock, steady_s = data.pop(_CLOCK)
            values = {**values, "data": data, "clock": clock, "steady_s": steady_s}
        return values

    @property
    def moment(self) -> Moment:
        """When it happened, by both clocks."""
        return Moment(self.clock, self.steady_s, self.at.timestamp())


def elapsed_since_first_s(events: Sequence[Event]) -> list[float]:
    """Seconds from the first event to each, rising whatever the wall clock did."""
    elapsed, since_s = [], 0.0
    for number, event in enumerate(events):
        since_s += elapsed_s(events[max(0, number - 1)].moment, event.moment)
        elapsed.append(since_s)
    return elapsed


class Wakeup(Protocol):
    """Says when a follower should look for new events."""

    async def wait(self) -> None:
        """Return when there may be something new; returning too often does no harm."""


class Poll:
    """Looks at fixed intervals; an indexed look costs SQLite about a millisecond.

    Args:
        interval_s: time between two looks.
    """

    def __init__(self, interval_s: float = 0.05) -> None:
        self._interval_s = interval_s

    async def wait(self) -> None:
        """Sleep for the interval."""
        await asyncio.sleep(self._interval_s)


class Events:
    """Appending and reading events.

    Args:
        database: a migrated database.
        wakeup: what makes followers look; a poll unless the database can call.
    """

    def __init__(self, database: Database, wakeup: Wakeup | None = None) -> None:
        self._database = database
        self._wakeup = wakeup or Poll()

    async def append_event(self, song_id: str, kind: str, data: dict[str, Any], *, once: str = "") -> None:
        """Add an event, unless this very one was recorded before.

        Args:
            song_id: the song.
            kind: the thing and what happened to it, such as `mix.finished`.
            data: small JSON values.
            once: what distinguishes it from others of its kind in this song, such as `take 1/bass`.
        """
        moment = now()
        data = {**data, _CLOCK: [moment.clock, moment.steady_s]}
        row = {"song_id": song_id, "kind": kind, "data": data, "once": f"{song_id}/{kind}/{once}"}
        statement = self._database.insert(EventRow).values(row).on_conflict_do_nothing(index_elements=["once"])
        async with self._database.writing() as connection:
            await connection.execute(statement)

    async def events(self, song_id: str, after_id: int = 0) -> tuple[Event, ...]:
        """What happened to a song after an event, in order."""
        statement = (
            select(EventRow.__table__).where(EventRow.song_id == song_id, EventRow.id > after_id).order_by(EventRow.id)
        )
        async with self._database.reading() as connection:
            return tuple(Event.model_validate(row) for row in await connection.execute(statement))

    async def follow(self, song_id: str, after_id: int = 0) -> AsyncIterator[Event]:
        """Yield what happened after an event and what happens from now on; ends with the song's last event.

        Args:
            song_id: the song.
            after_id: the last event already seen; 0 for all.
        """
        while True:
            for event in await self.events(song_id, after_id):
                after_id = event.id
                yield event
                if event.kind in LAST_KINDS:
                    return
            await self._wakeup.wait()
