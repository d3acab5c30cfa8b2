"""Bringing a database to the newest schema, and seeing that it has it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from aurax.adapters.sql.database import Database
from aurax.errors import CorruptData, VersionMismatch

NEWEST_REVISION = "0006"
"""The last file under `migrations/versions`; known here so that an up-to-date database starts without Alembic."""

_LOCK_ID = 4_117_091
"""Any number; PostgreSQL programs that migrate wait for each other on it."""


async def make_ready(database: Database) -> None:
    """See to it, when a program starts, that a database has the newest schema.

    A SQLite file belongs to this machine and is brought there. A PostgreSQL server may be shared by programs of
    several versions, and changing it may need other rights: its operator does so, with `aurax db upgrade`.

    Raises:
        CorruptData: the file is no database, or the database was written by a newer AURA-X.
        VersionMismatch: a PostgreSQL database has no tables, or an older schema.
    """
    if database.is_sqlite:
        await migrate(database)
        return
    found = await database.repeat(lambda: schema(database))
    if found != NEWEST_REVISION:
        refuse_newer(found, database)
        raise VersionMismatch(
            f"a database of schema {NEWEST_REVISION} at {database.place}",
            "one without tables" if found is None else f"schema {found}",
            "run 'aurax db upgrade'",
        )


async def schema(database: Database) -> str | None:
    """The schema of a database, such as `0004`; None where it has no tables of AURA-X."""
    async with database.reading() as connection:
        return await connection.run_sync(_revision)


async def migrate(database: Database) -> bool:
    """Bring the database to the newest schema; several processes may do so at once.

    Everything happens in one transaction: a second process waits, then finds nothing left to do, and an
    interrupted one leaves the database as it was.

    Returns:
        Whether anything changed.

    Raises:
        CorruptData: the file is no database, or was written by a newer AURA-X.
    """
    if await schema(database) == NEWEST_REVISION:
        return False
    async with database.writing() as connection:
        if not database.is_sqlite:
            # Large tables take their time, and whoever comes second waits for the first.
            for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
                await connection.exec_driver_sql(f"SET LOCAL {name} = 0")
        await database.take_turns(connection, _LOCK_ID)
        found = await connection.run_sync(_revision)
        if found == NEWEST_REVISION:
            return False
        refuse_newer(found, database)
        await connection.run_sync(_upgrade)
        return True


def refuse_newer(found: str | None, database: Database) -> None:
    """Stop where a newer program has been at work.

    Args:
        found: the schema of a database.
        database: that database.

    Raises:
        CorruptData: it was written by a newer AURA-X.
    """
    if found is not None and found > NEWEST_REVISION:
        raise CorruptData(
            f"a database of schema {NEWEST_REVISION} or older at {database.place}",
            f"schema {found}, written by a newer AURA-X",
            "update this AURA-X, or use another database",
        )


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
