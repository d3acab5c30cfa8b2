"""What the database keeps of a person: reading all of it, and removing it in steps that may be repeated."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, delete, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aurax.adapters.sql.database import Database, repeating
from aurax.adapters.sql.people import no_such_person
from aurax.adapters.sql.shared_clock import shared_now
from aurax.adapters.sql.songs import Songs
from aurax.adapters.sql.tables import (
    AdmissionRow,
    ApiKeyRow,
    AssetRow,
    EventRow,
    LedgerRow,
    ProjectRow,
    SessionRow,
    SongRow,
    Table,
    TakeRow,
    UserRow,
)
from aurax.errors import InvalidOption

_SECRET = frozenset({"secret_sha256"})
_OF_SONGS: tuple[type[Any], ...] = (TakeRow, AssetRow, EventRow)
_OF_PERSON: tuple[type[Any], ...] = (ApiKeyRow, SessionRow, ProjectRow, SongRow, AdmissionRow, LedgerRow)


@repeating
class PersonalRows:
    """Reads and removes a person's rows.

    Args:
        database: a migrated database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def rows(self, person_id: str) -> dict[str, list[dict[str, Any]]]:
        """Every row by table, as it is at one moment; of keys all but the hash.

        Args:
            person_id: a whole id.

        Raises:
            NotFound: there is no such person.
        """
        theirs = select(SongRow.id).where(SongRow.user_id == person_id)
        conditions: dict[type[Any], ColumnElement[bool]] = {UserRow: UserRow.id == person_id}
        conditions |= {table: table.user_id == person_id for table in _OF_PERSON}
        conditions |= {table: table.song_id.in_(theirs) for table in _OF_SONGS}
        found: dict[str, list[dict[str, Any]]] = {}
        async with self._database.reading() as connection:
            if not self._database.is_sqlite:  # whose transactions see one moment anyhow
                await connection.execution_options(isolation_level="REPEATABLE READ")
            for table, condition in conditions.items():
                found[table.__tablename__] = await _plain_rows(connection, table, condition)
        if not found["users"]:
            raise no_such_person(person_id)
        return found

    async def in_the_making(self, person_id: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Ids of the person's songs in the making, and of their sessions that have not ended."""
        async with self._database.reading() as connection:
            return await _in_the_making(connection, person_id)

    async def begin_removal(self, person_id: str) -> tuple[str, ...]:
        """Disable a person, so that nothing new comes, unless something of theirs is in the making.

        Args:
            person_id: a whole id.

        Returns:
            Ids of their songs.

        Raises:
            NotFound: there is no such person.
            InvalidOption: songs or sessions are running; nothing was changed.
        """
        async with self._database.writing() as connection:
            # The same lock as that of accepting a song: what is accepted before is seen, what comes after is refused.
            locked = select(UserRow.id).where(UserRow.id == person_id).with_for_update(key_share=True)
            if await connection.scalar(locked) is None:
                raise no_such_person(person_id)
            songs, sessions = await _in_the_making(connection, person_id)
            if songs or sessions:
                raise InvalidOption(
                    "a person of whom nothing is in the making",
                    f"{len(songs)} songs in the making and {len(sessions)} open sessions",
                    "wait until they have ended, or cancel them first (`aurax users delete --cancel`)",
                )
            at = await shared_now(self._database, connection)
            undisabled = update(UserRow).where(UserRow.id == person_id, UserRow.disabled_at.is_(None))
            await connection.execute(undisabled.values(disabled_at=at))
            theirs = await connection.scalars(select(SongRow.id).where(SongRow.user_id == person_id))
            return tuple(theirs)

    async def own_keys(self, song_id: str) -> tuple[str, ...]:
        """Keys of objects that a song needs and no other does, in rising order."""
        others = select(AssetRow.key).where(AssetRow.song_id != song_id)
        own = select(AssetRow.key).where(AssetRow.song_id == song_id, AssetRow.key.not_in(others)).distinct()
        async with self._database.reading() as connection:
            return tuple(await connection.scalars(own.order_by(AssetRow.key)))

    async def delete_song(self, song_id: str) -> tuple[str, ...]:
        """Forget a song; what it cost stays in the ledger.

        Returns:
            Keys of objects that no song refers to now.
        """
        return await Songs(self._database).delete_song(song_id)

    async def finish_removal(self, person_id: str) -> None:
        """Forget a person without songs, with their keys, sessions, projects and admissions, in one transaction.

        Lines of the ledger stay for the sums, without anything that tells whose they were.

        Args:
            person_id: a whole id.

        Raises:
            InvalidOption: they have songs again; call `begin_removal` once more.
        """
        async with self._database.writing() as connection:
            left = select(func.count()).select_from(SongRow).where(SongRow.user_id == person_id)
            if await connection.scalar(left):
                raise InvalidOption("a person without songs", "songs that came meanwhile", "delete the person again")
            anonymous = literal("deleted/").concat(cast(LedgerRow.id, String))
            lines = update(LedgerRow).where(LedgerRow.user_id == person_id)
            await connection.execute(lines.values(user_id=None, song_id=None, key=anonymous, details={}))
            for table in (AdmissionRow, ApiKeyRow, SessionRow, ProjectRow):
                await connection.execute(delete(table).where(table.user_id == person_id))
            await connection.execute(delete(UserRow).where(UserRow.id == person_id))


async def _in_the_making(connection: AsyncConnection, person_id: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    making = select(SongRow.id).where(SongRow.user_id == person_id, SongRow.status == "making")
    open_sessions = select(SessionRow.id).where(SessionRow.user_id == person_id, SessionRow.ended_at.is_(None))
    songs = await connection.scalars(making.order_by(SongRow.id))
    return tuple(songs), tuple(await connection.scalars(open_sessions.order_by(SessionRow.id)))


async def _plain_rows(
    connection: AsyncConnection, table: type[Table], condition: ColumnElement[bool]
) -> list[dict[str, Any]]:
    columns = [column for column in table.__table__.columns if column.name not in _SECRET]
    statement: Select[Any] = select(*columns).where(condition).order_by(*table.__table__.primary_key)
    return [dict(row._mapping) for row in await connection.execute(statement)]
