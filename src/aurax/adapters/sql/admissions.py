"""Accepting songs in the database: what a person has is counted and the song recorded in one transaction."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aurax.adapters.sql.database import Database, repeating
from aurax.adapters.sql.ledger import month_of, month_range
from aurax.adapters.sql.ownership import find_owned
from aurax.adapters.sql.people import no_such_person
from aurax.adapters.sql.shared_clock import shared_now
from aurax.adapters.sql.tables import (
    AdmissionRow,
    AssetRow,
    EventRow,
    LedgerRow,
    ProjectRow,
    SessionRow,
    SongRow,
    TakeRow,
    UserRow,
)
from aurax.errors import NotAllowed
from aurax.services.people.admit_song import NewSong
from aurax.services.people.limits import Limits, Use, check_limits

_DAY = timedelta(hours=24)

_log = logging.getLogger(__name__)


@repeating
class Admissions:
    """Accepts songs, and tells what people have taken.

    Args:
        database: a migrated database.
        defaults: limits of everybody who has none of their own.
    """

    def __init__(self, database: Database, defaults: Limits | None = None) -> None:
        self._database = database
        self._defaults = defaults or Limits()

    async def admit(self, song: NewSong, *, again: bool = False) -> None:
        """Accept a song.

        The person's row is locked first, so that of two songs at once the second sees the first counted.

        Args:
            song: what is asked for, and by whom.
            again: whether it has ended and is to be made once more.

        Raises:
            LimitReached: one of the person's limits is reached. Nothing was recorded.
            NotAllowed: the person is disabled or gone, or the id is another's song.
            NotFound: the session or the project is not the person's.
        """
        owner = song.lineage.owner
        async with self._database.writing() as connection:
            person = None if owner is None else await _active_person(connection, owner)
            found = (
                await connection.execute(
                    select(SongRow.user_id, SongRow.status).where(SongRow.id == song.song_id).with_for_update()
                )
            ).first()
            if found is not None and found.user_id != owner:
                raise _refused(owner, f"song {song.song_id} is another's")
            if found is not None and (found.status == "making" or not again):
                return
            at = await shared_now(self._database, connection)
            if person is not None:
                limits = self._defaults.with_own(person.limits)
                check_limits(limits, await self._use(connection, person.id, limits, at), may_cost=song.may_cost)
                await connection.execute(insert(AdmissionRow).values(user_id=person.id, song_id=song.song_id, at=at))
            if found is None:
                await self._record(connection, song, at)
            else:
                await _reopen(connection, song.song_id, at)

    async def limits_and_use(self, person_id: str) -> tuple[Limits, Use]:
        """What a person may take, and what they have taken.

        Raises:
            NotFound: there is no such person.
        """
        async with self._database.reading() as connection:
            person = (await connection.execute(select(UserRow.__table__).where(UserRow.id == person_id))).first()
            if person is None:
                raise no_such_person(person_id)
            limits = self._defaults.with_own(person.limits)
            at = await shared_now(self._database, connection)
            return limits, await self._use(connection, person_id, limits, at)

    async def _record(self, connection: AsyncConnection, song: NewSong, at: datetime) -> None:
        lineage = song.lineage
        if lineage.session_id is not None:
            await find_owned(connection, SessionRow, lineage.owner, lineage.session_id, "session")
        if song.project_id is not None:
            await find_owned(connection, ProjectRow, lineage.owner, song.project_id, "project")
        row = {
            "id": song.song_id,
            "prompt": song.prompt,
            "seed": song.seed,
            "status": "making",
            "details": {"options": song.request},
            "request": song.request,
            "project_id": song.project_id,
            "session_id": lineage.session_id,
            "user_id": lineage.owner,
            "parent_id": lineage.parent_id,
            "version": lineage.version or None,
            "note": lineage.note or None,
            "created_at": at,
            "updated_at": at,
        }
        await connection.execute(insert(SongRow).values(row))

    async def _use(self, connection: AsyncConnection, person_id: str, limits: Limits, at: datetime) -> Use:
        """What a person has taken; the moment when a day's limit frees depends on the limit."""
        theirs = SongRow.user_id == person_id
        making = select(func.count()).select_from(SongRow).where(theirs, SongRow.status == "making")
        today = select(AdmissionRow.at).where(AdmissionRow.user_id == person_id, AdmissionRow.at > at - _DAY)
        counted = await connection.scalar(select(func.count()).select_from(today.subquery())) or 0
        frees_at = None
        if limits.songs_per_day and counted >= limits.songs_per_day:
            newest_first = today.order_by(AdmissionRow.at.desc())
            blocking = await connection.scalar(newest_first.offset(limits.songs_per_day - 1).limit(1))
            frees_at = None if blocking is None else blocking + _DAY
        first, following = month_range(month_of(at))
        spent = select(func.coalesce(func.sum(LedgerRow.micro_usd), 0)).where(
            LedgerRow.user_id == person_id, LedgerRow.at >= first, LedgerRow.at < following
        )
        objects = (
            select(AssetRow.key, func.max(AssetRow.bytes).label("bytes"))
            .join(SongRow, SongRow.id == AssetRow.song_id)
            .where(theirs)
            .group_by(AssetRow.key)
            .subquery()
        )
        stored = select(func.coalesce(func.sum(objects.c.bytes), 0))
        return Use(
            songs_at_once=await connection.scalar(making) or 0,
            songs_per_day=counted,
            # PostgreSQL sums 64-bit numbers as decimals.
            micro_usd_per_month=int(await connection.scalar(spent) or 0),
            stored_bytes=int(await connection.scalar(stored) or 0),
            day_frees_at=frees_at,
            month_ends_at=following,
        )


async def _reopen(connection: AsyncConnection, song_id: str, at: datetime) -> None:
    """Let a song that has ended begin again, as `Songs.reopen_song` does."""
    begun = {"status": "making", "updated_at": at, "result": None, "collected_to": None}
    await connection.execute(update(SongRow).where(SongRow.id == song_id).values(begun))
    for table in (EventRow, TakeRow):
        await connection.execute(delete(table).where(table.song_id == song_id))


async def _active_person(connection: AsyncConnection, person_id: str) -> Any:
    # SQLite has no row locks and needs none: writing transactions exclude each other there.
    statement = select(UserRow.__table__).where(UserRow.id == person_id).with_for_update(key_share=True)
    person = (await connection.execute(statement)).first()
    if person is None or person.disabled_at is not None:
        raise _refused(person_id, "that person is gone" if person is None else "that person is disabled")
    return person


def _refused(owner: str | None, reason: str) -> NotAllowed:
    _log.warning("A song of %s was refused: %s", owner or "nobody", reason)
    return NotAllowed("a song that its owner may ask for", "one that they may not", "ask the operator")
