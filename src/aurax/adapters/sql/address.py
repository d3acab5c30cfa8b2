"""Where a database is: from a path or an address to an engine, or to an error in plain words."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, NullPool, make_url
from sqlalchemy.exc import ArgumentError, InvalidRequestError, NoSuchModuleError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from aurax.errors import InvalidOption, MissingExtra, StorageFull, is_disk_full

_NUMBERS = ("timeout", "command_timeout", "statement_cache_size", "prepared_statement_cache_size")
_POSTGRESQL_OPTIONS = frozenset({"ssl", "target_session_attrs", *_NUMBERS})
"""What may follow the `?` of an address; the driver fails over anything else."""
_CLIENT_WAITS_LONGER_S = 5.0
"""A statement that the server does not end itself, because it hangs or is gone, ends here so much later."""


@dataclass(frozen=True)
class Limits:
    """How connections to a PostgreSQL server are kept, and how long anything waits. SQLite needs none of it.

    Args:
        pool_size: connections of this process that stay open.
        pool_overflow: connections beyond these while there is more to do.
        pool_timeout_s: how long work waits for a free connection.
        pool_recycle_s: a connection of this age is replaced before it is used again.
        pool_pre_ping: ask an open connection for a sign of life before it is used.
        connect_timeout_s: how long the server may take to let a connection in.
        statement_timeout_s: how long a statement may run; 0 for as long as it likes.
        lock_timeout_s: how long a statement may wait for others; 0 for as long as it likes.
        retry_s: how long what can be repeated is tried again when the server goes away.
    """

    pool_size: int = 5
    pool_overflow: int = 10
    pool_timeout_s: float = 30.0
    pool_recycle_s: float = 1800.0
    pool_pre_ping: bool = True
    connect_timeout_s: float = 10.0
    statement_timeout_s: float = 30.0
    lock_timeout_s: float = 10.0
    retry_s: float = 10.0

    @property
    def server_settings(self) -> dict[str, str]:
        """The same for the server, in its own words."""
        return {
            "statement_timeout": f"{self.statement_timeout_s * 1000:.0f}",
            "lock_timeout": f"{self.lock_timeout_s * 1000:.0f}",
            "idle_in_transaction_session_timeout": f"{self.statement_timeout_s * 2000:.0f}",
        }


def database_url(location: Path | str) -> URL:
    """Understand where a database is.

    Args:
        location: the path of a SQLite file, taken as it is, or an address.

    Raises:
        InvalidOption: the address cannot be understood.
    """
    if isinstance(location, Path):
        return URL.create("sqlite+aiosqlite", database=str(location))
    try:
        url = make_url(location)
        backend = url.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise _not_understood("an address that cannot be read") from None
    if backend not in ("sqlite", "postgresql"):
        raise _not_understood(f"one of {backend}")
    unknown = sorted(set(url.query) - (_POSTGRESQL_OPTIONS if backend == "postgresql" else frozenset()))
    if unknown:
        raise InvalidOption(
            "no options in AURAX_DATABASE_URL but " + ", ".join(sorted(_POSTGRESQL_OPTIONS)),
            ", ".join(unknown),
            "remove them; instead of sslmode=require write ssl=require",
        )
    return url


def is_pooled(url: URL) -> bool:
    """Whether a pooler such as PgBouncer lends a server's connection for one transaction at a time."""
    return url.query.get("statement_cache_size") == "0"


def open_engine(url: URL, limits: Limits, *, keep_connections: bool = True, **options: Any) -> AsyncEngine:
    """An engine for an address; connects to nothing yet.

    Args:
        url: where the database is.
        limits: of a PostgreSQL server's connections.
        keep_connections: whether connections are used again.
        options: others of SQLAlchemy's engine.

    Raises:
        InvalidOption: the address names no asynchronous driver, or options that it does not know.
        MissingExtra: the driver is not installed.
    """
    if url.get_backend_name() == "postgresql":
        options["connect_args"] = _connect_arguments(url, limits)
        url = url.set(query={name: value for name, value in url.query.items() if name not in _NUMBERS})
        if keep_connections:
            options |= {
                "pool_size": limits.pool_size,
                "max_overflow": limits.pool_overflow,
                "pool_timeout": limits.pool_timeout_s,
                "pool_recycle": limits.pool_recycle_s,
                "pool_pre_ping": limits.pool_pre_ping,
            }
        else:
            options["poolclass"] = NullPool
    try:
        return create_async_engine(url, **options)
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"the package {error.name} to reach a database of {url.get_backend_name()}",
            "it is not installed",
            "run: pip install 'aurax[postgres]'",
        ) from error
    except (ArgumentError, InvalidRequestError, NoSuchModuleError, TypeError, ValueError):
        raise _not_understood(f"one of {url.drivername}") from None


def _connect_arguments(url: URL, limits: Limits) -> dict[str, Any]:
    statement_s = limits.statement_timeout_s
    arguments: dict[str, Any] = {
        "timeout": limits.connect_timeout_s,
        "command_timeout": statement_s + _CLIENT_WAITS_LONGER_S if statement_s else None,
    }
    for name in _NUMBERS:
        if name in url.query:
            try:
                arguments[name] = (int if name.endswith("size") else float)(str(url.query[name]))
            except ValueError:
                raise InvalidOption(
                    f"{name} in AURAX_DATABASE_URL to be a number", repr(url.query[name]), "correct or remove it"
                ) from None
    if is_pooled(url):
        # A pooler hands each transaction to another connection: no statement may be remembered, none may share a name,
        # and it refuses settings that it does not know.
        arguments["prepared_statement_cache_size"] = 0
        arguments["prepared_statement_name_func"] = lambda: f"aurax_{uuid.uuid4().hex}"
    else:
        arguments["server_settings"] = {"application_name": "aurax", **limits.server_settings}
    return arguments


def make_folder(folder: Path) -> None:
    """Make the folder of a SQLite file.

    Raises:
        InvalidOption: it cannot be made.
        StorageFull: no room is left for it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if is_disk_full(error):
            raise StorageFull(f"room for {folder}", str(error), "free some disk space and try again") from error
        raise InvalidOption(
            f"{folder} to be a folder for the database",
            error.strerror or str(error),
            "correct AURAX_DATABASE_URL or AURAX_DATA_DIR",
        ) from error


def _not_understood(found: str) -> InvalidOption:
    return InvalidOption(
        "AURAX_DATABASE_URL such as sqlite:////folder/songs.db or postgresql://user:password@host:5432/songs",
        found,
        "correct or unset it; special characters of a password are written as %xx",
    )
