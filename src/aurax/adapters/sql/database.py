"""The database connection: one engine, reading and writing transactions, errors in plain words."""

from __future__ import annotations

import asyncio
import inspect
import json
import math
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection, Insert, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from aurax.adapters.sql.address import Limits, database_url, is_pooled, make_folder, open_engine
from aurax.adapters.sql.failures import plain_error, server_answered
from aurax.adapters.sql.listening import Listener, Poll, Wakeup
from aurax.adapters.sql.tables import Table
from aurax.errors import AuraxError, InvalidOption, ServiceUnavailable

T = TypeVar("T")
P = ParamSpec("P")

BUSY_TIMEOUT_MS = 30_000
"""How long a SQLite writer waits for another process's transaction."""
OLDEST_POSTGRESQL = 15
_POOLED_LOOK_S = 0.25
_ONE_TURN = "SELECT pg_advisory_xact_lock(:number)"
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 2.0


class Database:
    """One database, SQLite or PostgreSQL.

    Args:
        location: the path of a SQLite file, or a SQLAlchemy address with an asynchronous driver.
        limits: of a PostgreSQL server's connections.

    Raises:
        InvalidOption: the address cannot be understood, or the folder of the file cannot be made.
        MissingExtra: the driver is not installed.
        StorageFull: no room for the folder of the file.
    """

    def __init__(self, location: Path | str, limits: Limits | None = None) -> None:
        self._url = database_url(location)
        self._limits = limits or Limits()
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        if self.is_sqlite and self._url.database:
            make_folder(Path(self._url.database).parent)
        self._engine = open_engine(self._url, self._limits, json_serializer=_to_json)
        self._writing_engine = self._engine.execution_options(writes=True)
        # SQLite's own waiting sleeps up to 100 ms at a time; inside one process a lock hands over at once.
        self._one_writer: AbstractAsyncContextManager[Any] = asyncio.Lock() if self.is_sqlite else nullcontext()
        self._has_answered = False
        self._wakeup: Poll | Listener = Poll()
        if self.is_sqlite:
            event.listen(self._engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self._engine.sync_engine, "begin", _begin_sqlite)
        else:
            event.listen(self._engine.sync_engine, "connect", self._connected)
            if is_pooled(self._url):
                # The connection that listens must stay the same, which a pooler does not promise.
                self._wakeup = Poll(_POOLED_LOOK_S)
                event.listen(self._engine.sync_engine, "begin", self._begin_pooled)
            else:
                self._wakeup = Listener(lambda: open_engine(self._url, self._limits, keep_connections=False))

    @property
    def place(self) -> str:
        """Where the data is, without a password."""
        return str(self._url.database) if self.is_sqlite else self._url.render_as_string(hide_password=True)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection for queries.

        Raises:
            CorruptData: the file is no database, or a damaged one.
            InvalidOption: the server refuses this user, or has no such database.
            ServiceUnavailable: the server does not answer, or another process blocks it.
        """
        async with self._plainly(self._engine.connect()) as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A connection in a transaction that is committed at the end, or rolled back by an error.

        SQLite takes its write lock at once, so that two processes wait for each other instead of failing.

        Raises:
            CorruptData: the file is no database, or a damaged one.
            InvalidOption: the server refuses this user, or has no such database.
            StorageFull: no room is left for the file.
            ServiceUnavailable: the server does not answer, or another process blocks it. Where the answer to the
                commit was lost, the transaction may have happened.
        """
        async with self._one_writer, self._plainly(self._writing_engine.begin()) as connection:
            yield connection

    async def repeat(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do something that may be done twice; while a PostgreSQL server is away for a moment, try again.

        A server that has never answered is not waited for: its address is probably wrong.

        Args:
            work: all of it, with a transaction of its own.
        """
        give_up_s, pause_s = time.monotonic() + self._limits.retry_s, _FIRST_PAUSE_S
        while True:
            try:
                return await work()
            except ServiceUnavailable as error:
                self._has_answered = self._has_answered or server_answered(error)
                pause_s = min(pause_s, _LONGEST_PAUSE_S) * random.uniform(0.7, 1.3)
                if self.is_sqlite or not self._has_answered or time.monotonic() + pause_s > give_up_s:
                    raise
            await asyncio.sleep(pause_s)
            pause_s *= 2

    async def take_turns(self, connection: AsyncConnection, number: int, name: str = "") -> None:
        """Wait until no other transaction holds this turn, and keep it until the end of this one.

        Args:
            connection: writing. SQLite's writing transactions exclude each other anyway.
            number: what the turn is about.
            name: which of these, where there are many.
        """
        if not self.is_sqlite:
            key = text("SELECT pg_advisory_xact_lock(:number, hashtext(:name))" if name else _ONE_TURN)
            await connection.execute(key, {"number": number, "name": name} if name else {"number": number})

    async def notify(self, connection: AsyncConnection, channel: str, message: str) -> None:
        """Tell the listeners of PostgreSQL something when this transaction is committed; SQLite has none.

        Args:
            connection: writing.
            channel: what listeners listen to.
            message: at most 8000 bytes.
        """
        if not self.is_sqlite:
            notice = text("SELECT pg_notify(:channel, :message)")
            await connection.execute(notice, {"channel": channel, "message": message})

    @property
    def wakeup(self) -> Wakeup:
        """What tells the followers of songs that there may be something new; one for all of them."""
        return self._wakeup

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
        if isinstance(self._wakeup, Listener):
            await self._wakeup.close()
        await self._engine.dispose()

    @asynccontextmanager
    async def _plainly(
        self, connecting: AbstractAsyncContextManager[AsyncConnection]
    ) -> AsyncIterator[AsyncConnection]:
        try:
            async with connecting as connection:
                try:
                    yield connection
                except TimeoutError:
                    await connection.invalidate()  # a rollback would wait for the same server that does not answer
                    raise
        except AuraxError:
            raise
        except Exception as error:
            plain = plain_error(error, self.place, is_sqlite=self.is_sqlite)
            if plain is None:
                raise
            raise plain from error

    def _connected(self, connection: Any, _record: Any) -> None:
        self._has_answered = True
        version = connection.driver_connection.get_server_version()
        if version.major < OLDEST_POSTGRESQL:
            raise InvalidOption(
                f"PostgreSQL {OLDEST_POSTGRESQL} or later at {self.place}",
                f"version {version.major}.{version.minor}",
                "upgrade the server",
            )

    def _begin_pooled(self, connection: Connection) -> None:
        # A pooler refuses these when it is connected to.
        for name, value in self._limits.server_settings.items():
            connection.exec_driver_sql(f"SET LOCAL {name} = {value}")


class _Repository(Protocol):
    _database: Database


R = TypeVar("R", bound=_Repository)
C = TypeVar("C", bound=type[_Repository])


def repeated(function: Callable[Concatenate[R, P], Awaitable[T]]) -> Callable[Concatenate[R, P], Awaitable[T]]:
    """Make a repository's function try again while the server is away for a moment (see `Database.repeat`).

    Args:
        function: one that may be called twice.
    """

    @wraps(function)
    async def patiently(self: R, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._database.repeat(lambda: function(self, *args, **kwargs))

    return patiently


def repeating(repository: C) -> C:
    """Make every public coroutine function of a repository `repeated`.

    Args:
        repository: a class that keeps its database as `_database`.
    """
    for name, function in list(vars(repository).items()):
        if not name.startswith("_") and inspect.iscoroutinefunction(function):
            setattr(repository, name, repeated(function))
    return repository


def _to_json(value: Any) -> str:
    # PostgreSQL refuses the words NaN and Infinity, which are no JSON; SQLite would keep them.
    try:
        return json.dumps(value, allow_nan=False)
    except ValueError:
        return json.dumps(_without_infinities(value), allow_nan=False)


def _without_infinities(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _without_infinities(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_infinities(one) for one in value]
    return value


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
