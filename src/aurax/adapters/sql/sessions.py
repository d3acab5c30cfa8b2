"""Sessions in the database: what can be seen of them, and opened again, without their workflow."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, select, update

from aurax.adapters.sql.database import Database, repeating
from aurax.adapters.sql.tables import SessionRow, SongRow, now
from aurax.errors import NotAllowed, NotFound
from aurax.services.session import KeepRequest, SessionState, Version

LEFT_OPEN_FOR = timedelta(days=30)
"""A session in which nothing has happened for so long holds nothing back: its songs may be forgotten like any."""


class SessionSummary(BaseModel):
    """A session as lists show it."""

    model_config = ConfigDict(frozen=True)

    id: str
    owner: str | None
    title: str
    started_at: datetime
    updated_at: datetime | None
    ended_at: datetime | None
    versions: int


_TURN = 4_117_095
"""Any number; programs that write the same session down wait for each other on it."""


@repeating
class Sessions:
    """Reading and writing sessions. Every writing function may be repeated without harm.

    Args:
        database: a migrated database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, request: KeepRequest) -> None:
        """Write down what changed in a session.

        Args:
            request: the versions that changed, and the order of all.

        Raises:
            NotAllowed: a session of that id is another's; nothing was changed.
        """
        async with self._database.writing() as connection:
            # A row that is not there yet cannot be locked.
            await self._database.take_turns(connection, _TURN, request.session_id)
            kept = select(SessionRow.state, SessionRow.user_id).where(SessionRow.id == request.session_id)
            found = (await connection.execute(kept.with_for_update())).first()
            if found is not None and found.user_id != request.owner:
                raise NotAllowed("a session of one's own", "the id of another's", "open a session with another id")
            known = found.state if found is not None else None
            versions = dict((known or {}).get("versions", {}))
            versions |= {one.song_id: one.model_dump(mode="json") for one in request.versions}
            state = {
                "current": request.current,
                "idle_s": request.idle_s,
                "order": list(request.order),
                "versions": versions,
            }
            row = {
                "id": request.session_id,
                "user_id": request.owner,
                "title": request.title[:200],
                "started_at": request.opened_at,
                "ended_at": request.closed_at,
                "updated_at": now(),
                "state": state,
            }
            await connection.execute(self._database.upsert(SessionRow, row))

    async def list_sessions(self, *, owner: str | None = None, limit: int = 50) -> tuple[SessionSummary, ...]:
        """The sessions of a person, the latest first.

        Args:
            owner: whose; None for those of nobody, as where one person works alone.
            limit: how many.
        """
        statement = (
            select(SessionRow.__table__).where(_owned(owner)).order_by(SessionRow.started_at.desc()).limit(limit)
        )
        async with self._database.reading() as connection:
            return tuple(_summary(row) for row in await connection.execute(statement))

    async def get_session(self, session_id: str, *, owner: str | None = None) -> SessionSummary:
        """Find a session.

        Args:
            session_id: its id, or the beginning of it that no other session of this person shares.
            owner: whose; None for those of nobody.

        Raises:
            NotFound: no session of this person, or several, begin like this.
        """
        return _summary(await self._row(session_id, owner))

    async def state(self, session_id: str, *, owner: str | None = None) -> SessionState:
        """A session as it was written down last.

        Args:
            session_id: as for `get_session`.
            owner: whose; None for those of nobody.

        Raises:
            NotFound: no session of this person, or several, begin like this.
        """
        row = await self._row(session_id, owner)
        kept: dict[str, Any] = row.state or {}
        known = kept.get("versions", {})
        versions = tuple(Version.model_validate(known[one]) for one in kept.get("order", ()) if one in known)
        return SessionState(
            session_id=row.id,
            owner=row.user_id,
            title=row.title or "",
            opened_at=row.started_at,
            closed_at=row.ended_at,
            versions=versions,
            current=kept.get("current"),
            counter=len(versions),
            idle_s=kept.get("idle_s", SessionState.model_fields["idle_s"].default),
        )

    async def count_open(self) -> int:
        """How many sessions are open, and were used within the last thirty days."""
        statement = select(SessionRow.id).where(*_open())
        async with self._database.reading() as connection:
            return len((await connection.execute(statement)).all())

    async def songs_of_open(self) -> frozenset[str]:
        """Songs of sessions that are open, and were used within the last thirty days: a note may start from each."""
        statement = select(SongRow.id).join(SessionRow, SessionRow.id == SongRow.session_id).where(*_open())
        async with self._database.reading() as connection:
            return frozenset(await connection.scalars(statement))

    async def note_ended(self, session_id: str) -> None:
        """Note that a session is over whose workflow is gone."""
        statement = (
            update(SessionRow).where(SessionRow.id == session_id, SessionRow.ended_at.is_(None)).values(ended_at=now())
        )
        async with self._database.writing() as connection:
            await connection.execute(statement)

    async def _row(self, session_id: str, owner: str | None) -> Any:
        statement = (
            select(SessionRow.__table__)
            .where(_owned(owner), SessionRow.id.startswith(session_id, autoescape=True))
            .order_by(SessionRow.id)
            .limit(2)
        )
        async with self._database.reading() as connection:
            found = (await connection.execute(statement)).all() if session_id else []
        exact = [row for row in found if row.id == session_id]
        if len(exact or found) != 1:
            raise NotFound(
                "the id of one session, or the beginning of it",
                f"{session_id!r}, which {'several sessions share' if found else 'no session has'}",
                "look it up with `aurax session list`",
            )
        return (exact or found)[0]


def _open() -> tuple[ColumnElement[bool], ...]:
    return (
        SessionRow.ended_at.is_(None),
        SessionRow.state.is_not(None),
        SessionRow.updated_at >= now() - LEFT_OPEN_FOR,
    )


def _owned(owner: str | None) -> ColumnElement[bool]:
    return SessionRow.user_id.is_(None) if owner is None else SessionRow.user_id == owner


def _summary(row: Any) -> SessionSummary:
    return SessionSummary(
        id=row.id,
        owner=row.user_id,
        title=row.title or "",
        started_at=row.started_at,
        updated_at=row.updated_at,
        ended_at=row.ended_at,
        versions=len((row.state or {}).get("order", ())),
    )
