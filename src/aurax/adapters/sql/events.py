"""The events of a song: append-only, and following them while they happen."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from sqlalchemy import Row, select

from aurax.adapters.sql.database import Database, repeating
from aurax.adapters.sql.listening import CHANNEL, Wakeup
from aurax.adapters.sql.tables import EventRow
from aurax.errors import ServiceUnavailable
from aurax.services.clock import Moment, elapsed_s, now

LAST_KINDS = frozenset({"song.delivered", "song.failed", "song.cancelled"})
"""Kinds after which nothing more happens to a song."""
_TURN = 4_117_093
"""Any number; programs that append to the same song wait for each other on it."""
_PAUSE_S = 1.0
_LONGEST_NAME = 200
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


def _name(happening: str) -> str:
    if len(happening) <= _LONGEST_NAME:
        return happening
    return f"{happening[: _LONGEST_NAME - 65]}/{hashlib.sha256(happening.encode()).hexdigest()}"


@repeating
class Events:
    """Appending and reading events.

    Args:
        database: a migrated database.
        wakeup: what makes followers look; the database's own unless given.
        patience_s: how long followers wait for a database that went away.
    """

    def __init__(self, database: Database, wakeup: Wakeup | None = None, *, patience_s: float = 300.0) -> None:
        self._database = database
        self._wakeup = wakeup or database.wakeup
        self._patience_s = patience_s

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
        row = {"song_id": song_id, "kind": kind, "data": data, "once": _name(f"{song_id}/{kind}/{once}")}
        statement = self._database.insert(EventRow).values(row).on_conflict_do_nothing(index_elements=["once"])
        async with self._database.writing() as connection:
            # Ids are given before a transaction ends: without turns, a follower could see the later of two first, and
            # never look for the earlier one again.
            await self._database.take_turns(connection, _TURN, song_id)
            await connection.execute(statement)
            await self._database.notify(connection, CHANNEL, song_id)

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

        Raises:
            ServiceUnavailable: the database has been away for a long time.
        """
        with self._wakeup.watch(song_id) as watch:
            while True:
                for event in await self._events_patiently(song_id, after_id):
                    after_id = event.id
                    yield event
                    if event.kind in LAST_KINDS:
                        return
                await watch.wait()

    async def _events_patiently(self, song_id: str, after_id: int) -> tuple[Event, ...]:
        give_up_s = time.monotonic() + self._patience_s
        while True:
            try:
                return await self.events(song_id, after_id)
            except ServiceUnavailable:
                if time.monotonic() > give_up_s:
                    raise
            await asyncio.sleep(_PAUSE_S)
