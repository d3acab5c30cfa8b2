"""What the handlers work with: the database, the store and the way to Temporal, opened once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from aurax.adapters.local.connect import Servers
from aurax.adapters.local.data_folder import open_data_folder
from aurax.adapters.local.session_link import SessionLink
from aurax.adapters.local.temporal_link import TemporalLink
from aurax.adapters.objects.opening import open_objects
from aurax.adapters.objects.store import ObjectStore
from aurax.adapters.sql.admissions import Admissions
from aurax.adapters.sql.database import Database
from aurax.adapters.sql.opening import open_database
from aurax.adapters.sql.owned import Library
from aurax.adapters.sql.sessions import Sessions
from aurax.services.people.limits import Limits
from aurax.services.people.principal import Owner
from aurax.settings import Settings


@dataclass(frozen=True)
class Installation:
    """An open installation.

    Args:
        settings: what the environment decided.
        database: with the newest schema.
        objects: the store.
        temporal: the way to Temporal.
    """

    settings: Settings
    database: Database
    objects: ObjectStore
    temporal: TemporalLink
    admissions: Admissions = field(init=False)
    _watchers: dict[str, set[asyncio.Event]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "admissions", Admissions(self.database, Limits.of(self.settings)))

    def library(self, owner: Owner) -> Library:
        """What one owner can reach."""
        return Library(self.database, owner)

    def session(self, session_id: str) -> SessionLink:
        """The way to a session; whose it is has to be looked at by the caller."""
        return SessionLink(self.settings, self.temporal, session_id)

    @contextmanager
    def watching(self, session_id: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever the session was asked for something here, until the block ends."""
        nudged = asyncio.Event()
        self._watchers.setdefault(session_id, set()).add(nudged)
        try:
            yield nudged
        finally:
            self._watchers[session_id].discard(nudged)
            if not self._watchers[session_id]:
                del self._watchers[session_id]

    def nudge(self, session_id: str) -> None:
        """Have those look who watch a session."""
        for nudged in self._watchers.get(session_id, ()):
            nudged.set()

    @property
    def sessions(self) -> Sessions:
        """Sessions of everybody."""
        return Sessions(self.database)


@asynccontextmanager
async def open_installation(settings: Settings) -> AsyncIterator[Installation]:
    """Open everything, and close it afterwards.

    Args:
        settings: what the environment decided.

    Raises:
        AuraxError: the data folder, the database or the store cannot be used.
    """
    open_data_folder(settings)
    async with open_database(settings) as database:
        with Servers(settings) as services:
            yield Installation(settings, database, open_objects(settings), TemporalLink(settings, services))


def installation_of(connection: HTTPConnection) -> Installation:
    """The installation that a request or a WebSocket works with."""
    found: Installation = connection.app.state.installation
    return found


At = Annotated[Installation, Depends(installation_of)]
"""The installation that a handler works with."""
