"""What one person can reach: their songs with everything that belongs to these, and nobody else's.

Whatever serves several people works with these classes alone. Each is bound to an owner when it is made, so that no
query can forget to ask for it, and an id of somebody else's fails exactly as one that does not exist.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, or_, select

from aurax.adapters.sql.database import Database, repeating
from aurax.adapters.sql.events import Event, Events
from aurax.adapters.sql.ledger import Ledger
from aurax.adapters.sql.ownership import find_owned, owned
from aurax.adapters.sql.projects import OwnedProjects
from aurax.adapters.sql.sessions import Sessions, SessionSummary
from aurax.adapters.sql.songs import Songs, SongSummary
from aurax.adapters.sql.tables import SongRow
from aurax.produce.cost.ledger_line import LedgerLine
from aurax.services.people.principal import Owner
from aurax.services.ports import Asset
from aurax.services.session import SessionState
from aurax.services.song import Song


@repeating
class OwnedSongs:
    """Songs of one owner.

    Args:
        database: a migrated database.
        owner: id of the person; None for songs of nobody, as where one person works alone.
    """

    def __init__(self, database: Database, owner: Owner) -> None:
        self._database = database
        self._songs = Songs(database)
        self._owner = owner

    async def list_songs(
        self,
        limit: int = 50,
        *,
        project_id: str | None = None,
        session_id: str | None = None,
        before: tuple[datetime, str] | None = None,
    ) -> tuple[SongSummary, ...]:
        """Their newest songs, newest first.

        Args:
            limit: how many.
            project_id: only those of a project; a foreign one holds none of theirs.
            session_id: only those of a session.
            before: only those that follow the song of this moment and id.
        """
        statement: Select[Any] = select(SongRow.__table__).where(owned(SongRow, self._owner))
        if project_id is not None:
            statement = statement.where(SongRow.project_id == project_id)
        if session_id is not None:
            statement = statement.where(SongRow.session_id == session_id)
        if before is not None:
            at, song_id = before
            same = and_(SongRow.created_at == at, SongRow.id > song_id)
            statement = statement.where(or_(SongRow.created_at < at, same))
        statement = statement.order_by(SongRow.created_at.desc(), SongRow.id).limit(limit)
        async with self._database.reading() as connection:
            return tuple(SongSummary.model_validate(row) for row in await connection.execute(statement))

    async def get_song(self, song_id: str) -> SongSummary:
        """One of their songs.

        Args:
            song_id: its id, or the beginning of it that no other of their songs shares.

        Raises:
            NotFound: none of their songs, or several, begin like this.
        """
        async with self._database.reading() as connection:
            return SongSummary.model_validate(await find_owned(connection, SongRow, self._owner, song_id, "song"))

    async def files(self, song_id: str) -> Song | None:
        """What was made of a song: its verdict in short, and its files; None while it is not delivered.

        Raises:
            NotFound: as `get_song`.
        """
        found = await self._songs.result((await self.get_song(song_id)).id)
        return None if found is None else Song.model_validate(found)

    async def assets(self, song_id: str) -> tuple[Asset, ...]:
        """The stored objects of a song, by name.

        Raises:
            NotFound: as `get_song`.
        """
        return await self._songs.assets((await self.get_song(song_id)).id)

    async def takes(self, song_id: str) -> tuple[dict[str, Any], ...]:
        """The takes of a song as rows, in their order.

        Raises:
            NotFound: as `get_song`.
        """
        return await self._songs.takes((await self.get_song(song_id)).id)

    async def events(self, song_id: str, after_id: int = 0) -> tuple[Event, ...]:
        """What happened to a song after an event, in order.

        Raises:
            NotFound: as `get_song`.
        """
        return await Events(self._database).events((await self.get_song(song_id)).id, after_id)

    async def follow(self, song_id: str, after_id: int = 0) -> AsyncIterator[Event]:
        """Yield what happened after an event and what happens from now on; ends with the song's last event.

        Raises:
            NotFound: as `get_song`.
        """
        song = await self.get_song(song_id)
        async for event in Events(self._database).follow(song.id, after_id):
            yield event

    async def cost_lines(self, song_id: str) -> tuple[LedgerLine, ...]:
        """What was paid for a song, in order.

        Raises:
            NotFound: as `get_song`.
        """
        return await Ledger(self._database).song_lines((await self.get_song(song_id)).id)

    async def rate_song(self, song_id: str, stars: int, words: str = "") -> None:
        """Note what they think of a song.

        Args:
            song_id: as for `get_song`.
            stars: 1 to 5.
            words: as the person wrote them.

        Raises:
            NotFound: as `get_song`.
        """
        await self._songs.rate_song((await self.get_song(song_id)).id, stars, words)


class OwnedSessions:
    """Sessions of one owner.

    Args:
        database: a migrated database.
        owner: id of the person; None for sessions of nobody.
    """

    def __init__(self, database: Database, owner: Owner) -> None:
        self._sessions = Sessions(database)
        self._owner = owner

    async def list_sessions(self, limit: int = 50) -> tuple[SessionSummary, ...]:
        """Their sessions, the latest first."""
        return await self._sessions.list_sessions(owner=self._owner, limit=limit)

    async def get_session(self, session_id: str) -> SessionSummary:
        """One of their sessions, by its id or the beginning of it that no other of theirs shares.

        Raises:
            NotFound: none of their sessions, or several, begin like this.
        """
        return await self._sessions.get_session(session_id, owner=self._owner)

    async def state(self, session_id: str) -> SessionState:
        """A session as it was written down last.

        Raises:
            NotFound: as `get_session`.
        """
        return await self._sessions.state(session_id, owner=self._owner)


class Library:
    """Everything that one owner has.

    Args:
        database: a migrated database.
        owner: id of the person; None for what belongs to nobody, as where one person works alone.
    """

    def __init__(self, database: Database, owner: Owner) -> None:
        self.songs = OwnedSongs(database, owner)
        self.sessions = OwnedSessions(database, owner)
        self.projects = OwnedProjects(database, owner)
