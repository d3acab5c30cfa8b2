"""Projects: songs of one person that belong together."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aurax.adapters.sql.database import Database, repeated
from aurax.adapters.sql.ownership import find_owned, owned
from aurax.adapters.sql.tables import ProjectRow, SongRow, now
from aurax.services.people.accounts import checked_name
from aurax.services.people.principal import Owner


class Project(BaseModel):
    """A project as lists show it."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: str
    title: str
    created_at: datetime
    archived_at: datetime | None
    songs: int


class OwnedProjects:
    """Projects of one owner.

    Args:
        database: a migrated database.
        owner: id of the person; None for projects of nobody, as where one person works alone.
    """

    def __init__(self, database: Database, owner: Owner) -> None:
        self._database = database
        self._owner = owner

    async def create(self, title: str) -> Project:
        """Begin a project.

        Raises:
            InvalidOption: the title cannot be one.
        """
        row = {"id": uuid.uuid4().hex, "title": checked_name(title, "a title"), "created_at": now()}
        async with self._database.writing() as connection:
            await connection.execute(self._database.insert(ProjectRow).values(user_id=self._owner, **row))
        return Project(**row, archived_at=None, songs=0)

    @repeated
    async def list_projects(self, *, archived: bool = False) -> tuple[Project, ...]:
        """Their projects, the newest first.

        Args:
            archived: whether those that were put away are listed too.
        """
        statement = _projects().where(owned(ProjectRow, self._owner))
        if not archived:
            statement = statement.where(ProjectRow.archived_at.is_(None))
        async with self._database.reading() as connection:
            rows = await connection.execute(statement.order_by(ProjectRow.created_at.desc(), ProjectRow.id))
            return tuple(Project.model_validate(row) for row in rows)

    @repeated
    async def get_project(self, project_id: str) -> Project:
        """One of their projects, by its id or the beginning of it that no other of theirs shares.

        Raises:
            NotFound: none of their projects, or several, begin like this.
        """
        async with self._database.reading() as connection:
            return await self._project(connection, project_id)

    @repeated
    async def rename(self, project_id: str, title: str) -> Project:
        """Give a project another title.

        Raises:
            InvalidOption: the title cannot be one.
            NotFound: as `get_project`.
        """
        return await self._change(project_id, title=checked_name(title, "a title"))

    @repeated
    async def archive(self, project_id: str) -> Project:
        """Put a project away; its songs are as they were.

        Raises:
            NotFound: as `get_project`.
        """
        return await self._change(project_id, archived_at=now())

    @repeated
    async def reopen(self, project_id: str) -> Project:
        """Undo `archive`.

        Raises:
            NotFound: as `get_project`.
        """
        return await self._change(project_id, archived_at=None)

    @repeated
    async def put_songs(self, project_id: str, song_ids: Sequence[str]) -> Project:
        """Put songs into a project, out of the one that they were in; all of them or none.

        Args:
            project_id: as for `get_project`.
            song_ids: theirs, each by its id or the beginning of it.

        Raises:
            NotFound: the project or one of the songs is not theirs.
        """
        async with self._database.writing() as connection:
            project = await self._project(connection, project_id)
            for song_id in song_ids:
                song = await find_owned(connection, SongRow, self._owner, song_id, "song")
                await connection.execute(update(SongRow).where(SongRow.id == song.id).values(project_id=project.id))
            return await self._project(connection, project.id)

    @repeated
    async def take_song_out(self, song_id: str) -> None:
        """Leave a song in no project.

        Raises:
            NotFound: it is not theirs.
        """
        async with self._database.writing() as connection:
            song = await find_owned(connection, SongRow, self._owner, song_id, "song")
            await connection.execute(update(SongRow).where(SongRow.id == song.id).values(project_id=None))

    async def _change(self, project_id: str, **values: Any) -> Project:
        async with self._database.writing() as connection:
            project = await self._project(connection, project_id)
            await connection.execute(update(ProjectRow).where(ProjectRow.id == project.id).values(values))
            return await self._project(connection, project.id)

    async def _project(self, connection: AsyncConnection, project_id: str) -> Project:
        found = await find_owned(connection, ProjectRow, self._owner, project_id, "project")
        return Project.model_validate((await connection.execute(_projects().where(ProjectRow.id == found.id))).one())


def _projects() -> Select[Any]:
    songs = select(func.count()).select_from(SongRow).where(SongRow.project_id == ProjectRow.id).scalar_subquery()
    return select(ProjectRow.__table__, songs.label("songs"))
