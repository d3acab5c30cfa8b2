"""Opening the database that the settings name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aurax.adapters.sql.address import Limits
from aurax.adapters.sql.database import Database
from aurax.adapters.sql.migrate import make_ready
from aurax.settings import Settings


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """The database with the newest schema, until the block ends.

    Args:
        settings: where it is, and its limits.

    Raises:
        CorruptData: the file is no database, or the database was written by a newer AURA-X.
        InvalidOption: the server refuses this user, or has no such database.
        VersionMismatch: a PostgreSQL database has an older schema.
        ServiceUnavailable: the server does not answer.
    """
    database = database_of(settings)
    try:
        await make_ready(database)
        yield database
    finally:
        await database.close()


def database_of(settings: Settings, kind: type[Database] = Database) -> Database:
    """The database that the settings name; connects to nothing yet.

    Args:
        settings: where it is, and its limits.
        kind: a class that does more than `Database`.

    Raises:
        InvalidOption: the address cannot be understood, or the folder of the file cannot be made.
        MissingExtra: the driver is not installed.
        StorageFull: no room for the folder of the file.
    """
    return kind(settings.database_location, limits_of(settings))


def limits_of(settings: Settings) -> Limits:
    """What the settings say about connections."""
    return Limits(
        pool_size=settings.database_pool_size,
        pool_overflow=settings.database_pool_overflow,
        pool_timeout_s=settings.database_pool_timeout_s,
        pool_recycle_s=settings.database_pool_recycle_s,
        pool_pre_ping=settings.database_pool_pre_ping,
        connect_timeout_s=settings.database_connect_timeout_s,
        statement_timeout_s=settings.database_statement_timeout_s,
        lock_timeout_s=settings.database_lock_timeout_s,
        retry_s=settings.database_retry_s,
    )
