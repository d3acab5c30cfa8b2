"""Databases for tests, on SQLite and on PostgreSQL; those with tables are copies of one that was migrated once."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

from aurax.adapters.sql.database import Database
from aurax.adapters.sql.migrate import migrate
from builders.postgres_server import GivenServer

KINDS = ("sqlite", "postgresql")


class Databases:
    """Makes databases and drops them.

    Args:
        folder: for SQLite files.
        postgres: tells the PostgreSQL server when one is needed.
    """

    def __init__(self, folder: Path, postgres: Callable[[], GivenServer]) -> None:
        self._folder = folder
        self._postgres = postgres
        self._templates: dict[str, str] = {}

    def empty(self, kind: str) -> str:
        """The address of a new database without tables.

        Args:
            kind: `sqlite` or `postgresql`.
        """
        if kind == "sqlite":
            return _sqlite_address(self._folder / f"{secrets.token_hex(6)}.db")
        return _asynchronous(self._postgres().new_database())

    def migrated(self, kind: str) -> str:
        """The address of a new database with every table, and without rows.

        Args:
            kind: `sqlite` or `postgresql`.
        """
        if kind not in self._templates:
            self._templates[kind] = self.empty(kind)
            migrate_now(self._templates[kind])
        template = self._templates[kind]
        if kind == "sqlite":
            copy = self._folder / f"{secrets.token_hex(6)}.db"
            shutil.copyfile(sqlite_file(template), copy)
            return _sqlite_address(copy)
        return _asynchronous(self._postgres().new_database(template))

    def drop(self, address: str) -> None:
        """Remove a database; nobody needs it any more."""
        if address.startswith("sqlite"):
            for file in self._folder.glob(f"{sqlite_file(address).name}*"):
                file.unlink()
        else:
            self._postgres().drop_database(address)


def sqlite_file(address: str) -> Path:
    """The file of a SQLite address."""
    return Path(address.partition("///")[2])


def _sqlite_address(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file}"


def _asynchronous(address: str) -> str:
    return address.replace("postgresql://", "postgresql+asyncpg://")


async def _migrate(address: str) -> None:
    database = Database(address)
    await migrate(database)
    await database.close()


def migrate_now(address: str) -> None:
    """Give a database its tables, also where an event loop runs."""
    thread = threading.Thread(target=lambda: asyncio.run(_migrate(address)))
    thread.start()
    thread.join()
