"""Bringing a database to the newest schema when a program starts."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from aurax.adapters.sql.database import Database
from aurax.errors import CorruptData

NEWEST_REVISION = "0005"
"""The last file under `migrations/versions`; known here so that an up-to-date database starts without Alembic."""

_LOCK_ID = 4_117_091
"""Any number; PostgreSQL programs that migrate wait for each other on it."""


async def migrate(database: Database) -> bool:
    """Bring the database to the newest schema; several processes may do so at once.

    Everything happens in one transaction: a second process waits, then finds nothing left to do, and an
    interrupted one leaves the database as it was.

    Returns:
        Whether anything changed.

    Raises:
        CorruptData: the file is no database, or was written by a newer AURA-X.
    """
    async with database.reading() as connection:
        if await connection.run_sync(_revision) == NEWEST_REVISION:
            return False
    async with database.writing() as connection:
        if not database.is_sqlite:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": _LOCK_ID})
        found = await connection.run_sync(_revision)
        if found == NEWEST_REVISION:
            return False
        if found is not None and found > NEWEST_REVISION:
            raise CorruptData(
                f"a database of schema {NEWEST_REVISION} or older at {database.place}",
                f"schema {found}, written by a newer AURA-X",
                "update this AURA-X, or point AURAX_DATA_DIR elsewhere",
            )
        await connection.run_sync(_upgrade)
        return True


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
