"""A song's row and events, as the client that asked for it sees them.

Importing the database takes a second, so clients import this module while the servers are at work already.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Self

from aurax.adapters.sql.database import Database
from aurax.adapters.sql.events import Events
from aurax.adapters.sql.migrate import make_ready
from aurax.adapters.sql.opening import database_of
from aurax.adapters.sql.songs import Songs
from aurax.services.ports import OnEvent, SongStatus
from aurax.services.song import Song
from aurax.services.task import SongTask
from aurax.settings import Settings


class SongEvents:
    """An open database in which one song is noted and followed; made by `open`."""

    def __init__(self, database: Database, song_id: str, on_event: OnEvent) -> None:
        self._database = database
        self._song_id = song_id
        self._passing_on = asyncio.create_task(_pass_on(Events(database), song_id, on_event))

    @classmethod
    async def open(cls, settings: Settings, task: SongTask, on_event: OnEvent) -> Self:
        """Open the database, note that the song is wanted, and follow its events.

        Args:
            settings: where the database is.
            task: the song.
            on_event: called with kind and data of every event.

        Raises:
            CorruptData: the database is no database.
            StorageFull: no room is left for it.
        """
        database = database_of(settings)
        try:
            await make_ready(database)
            asked = task.request
            await Songs(database).create_song(task.song_id, asked.prompt, asked.seed, request=task.stored())
        except BaseException:
            await asyncio.shield(database.close())
            raise
        return cls(database, task.song_id, on_event)

    async def wait_passed_on(self, timeout_s: float) -> None:
        """Wait until the song's last event was passed on, or give up after a time."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._passing_on), timeout_s)

    async def note_end(self, status: SongStatus) -> None:
        """Note how the song ended, unless that is known already."""
        await Songs(self._database).set_song_status(self._song_id, status)

    async def note_collected(self, song: Song, folder: Path) -> None:
        """Note which folder got the files.

        The workflow has noted that the song was delivered, but for one case: it was cancelled when its delivery was
        done already, so that the row said `cancelled` at that time and was reopened since.
        """
        await Songs(self._database).set_song_status(
            self._song_id,
            "delivered",
            title=song.title,
            style=song.style,
            duration_s=song.duration_s,
            passed=song.passed,
            score=song.points,
            result=song.model_dump(mode="json"),
        )
        await Songs(self._database).note_collected(self._song_id, str(folder))

    async def keep_bounds(self, settings: Settings) -> None:
        """Let go of the oldest songs where the bounds of the settings are passed."""
        from aurax.adapters.local.tidying import keep_bounds

        await keep_bounds(settings, self._database)

    async def close(self) -> None:
        """Stop following and close the database."""
        self._passing_on.cancel()
        await self._database.close()


async def _pass_on(events: Events, song_id: str, on_event: OnEvent) -> None:
    async for event in events.follow(song_id):
        on_event(event.kind, event.data)
