"""The database connection: one engine, reading and writing transactions, errors in plain words."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Insert, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from aurax.adapters.sql.address import database_url, make_folder, open_engine
from aurax.adapters.sql.tables import Table
from aurax.errors import AuraxError, CorruptData, ServiceUnavailable, StorageFull, is_disk_full

BUSY_TIMEOUT_MS = 30_000
"""How long a SQLite writer waits for another process's transaction."""
_LEAST_ROOM_BYTES = 1024 * 1024


class Database:
    """One database, SQLite or PostgreSQL.

    Args:
        location: the path of a SQLite file, or a SQLAlchemy address with an asynchronous driver.

    Raises:
        InvalidOption: the address cannot be understood, or the folder of the file cannot be made.
        MissingExtra: the driver is not installed.
        StorageFull: no room for the folder of the file.
    """

    def __init__(self, location: Path | str) -> None:
        self._url = database_url(location)
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        if self.is_sqlite and self._url.database:
            make_folder(Path(self._url.database).parent)
        self._engine = open_engine(self._url)
        self._writing_engine = self._engine.execution_options(writes=True)
        # SQLite's own waiting sleeps up to 100 ms at a time; inside one process a lock hands over at once.
        self._one_writer: AbstractAsyncContextManager[Any] = asyncio.Lock() if self.is_sqlite else nullcontext()
        if self.is_sqlite:
            event.listen(self._engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self._engine.sync_engine, "begin", _begin_sqlite)

    @property
    def place(self) -> str:
        """Where the data is, without a password."""
        return str(self._url.database) if self.is_sqlite else self._url.render_as_string(hide_password=True)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection for queries.

        Raises:
            CorruptData: the file is no database, or a damaged one.
            ServiceUnavailable: the server does not answer, or another process blocks it.
        """
        with self._translating_errors():
            async with self._engine.connect() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A connection in a transaction that is committed at the end, or rolled back by an error.

        SQLite takes its write lock at once, so that two processes wait for each other instead of failing.

        Raises:
            CorruptData: the file is no database, or a damaged one.
            StorageFull: no room is left for the file.
            ServiceUnavailable: the server does not answer, or another process blocks it.
        """
        with self._translating_errors():
            async with self._one_writer, self._writing_engine.begin() as connection:
                yield connection

    def insert(self, table: type[Table]) -> postgresql.Insert | sqlite.Insert:
        """An INSERT that can take an `on_conflict_…` clause, in the database's own dialect."""
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)

    def upsert(self, table: type[Table], values: dict[str, Any]) -> Insert:
        """An INSERT that overwrites the row with the same primary key."""
        keys = [column.name for column in table.__table__.primary_key]
        changed = {name: value for name, value in values.items() if name not in keys}
        return self.insert(table).values(values).on_conflict_do_update(index_elements=keys, set_=changed)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    @contextmanager
    def _translating_errors(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise self._plain(error) from error
        except AuraxError:
            raise
        except Exception as error:
            # The driver's own errors come as they are while it connects.
            if not isinstance(error, OSError) and type(error).__module__.partition(".")[0] != "asyncpg":
                raise
            if is_disk_full(error):
                raise StorageFull(f"room for {self.place}", str(error), "free some disk space and try again") from error
            raise ServiceUnavailable(
                f"the database at {self.place} to answer", str(error), "start it or correct AURAX_DATABASE_URL"
            ) from error

    def _plain(self, error: DBAPIError) -> AuraxError | DBAPIError:
        message = str(error.orig).lower()
        if self.is_sqlite and ("malformed" in message or "not a database" in message):
            return CorruptData(
                f"a SQLite database at {self.place}",
                str(error.orig),
                "move this file away to start with an empty database, or put a copy of it back; nothing was deleted",
            )
        if is_disk_full(error.orig) or ("i/o error" in message and self._has_no_room()):
            return StorageFull(f"room for {self.place}", str(error.orig), "free some disk space and try again")
        if "locked" in message or "unable to open" in message or error.connection_invalidated:
            return ServiceUnavailable(
                f"the database at {self.place} to be usable",
                str(error.orig),
                "check that the folder can be written and that no other program holds the file",
            )
        return error

    def _has_no_room(self) -> bool:
        """Whether a failure to read or write is one of room; SQLite does not say so of every file it grows."""
        try:
            return self.is_sqlite and shutil.disk_usage(Path(self.place).parent).free < _LEAST_ROOM_BYTES
        except OSError:
            return False


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # SQLAlchemy begins transactions itself (see _begin_sqlite): the driver's own way leaves DDL outside of them.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    _switch_to_wal(cursor)
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _switch_to_wal(cursor: Any) -> None:
    # SQLite does not wait on the busy timeout here; another process may be switching the same new file.
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except Exception as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
