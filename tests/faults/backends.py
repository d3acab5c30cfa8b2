"""Where the trials' rows and objects are: SQLite and a folder, or PostgreSQL and an S3 server."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from builders.postgres_server import OwnServer, own_server
from builders.s3_server import S3Server

from aurax.adapters.objects.ownership import NOTE

_BUCKET = "bucket"
_NO_SONGS = (".partial", NOTE)
"""How rclone's server calls a file that it is still writing, and the note that says whose the store is."""


class Backend(Protocol):
    """A database and an object store, as a trial looks at them from outside."""

    @property
    def name(self) -> str:
        """For the table."""

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables that take AURA-X there."""

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the database; none where it does not exist."""

    def keys(self) -> set[str]:
        """Keys of all stored objects."""

    def files(self) -> list[Path]:
        """The files in which objects lie, to be damaged."""


@dataclass(frozen=True)
class FolderBackend:
    """SQLite and a folder, both in the data folder.

    Args:
        data: the data folder.
    """

    data: Path
    name: str = "SQLite + folder"
    environment: Mapping[str, str] = field(default_factory=dict)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the database; none where it does not exist."""
        try:
            with contextlib.closing(sqlite3.connect(f"file:{self.data / 'aurax.db'}?mode=ro", uri=True)) as database:
                return list(database.execute(query))
        except sqlite3.OperationalError:
            return []

    def keys(self) -> set[str]:
        """Keys of all stored objects."""
        return {str(path.relative_to(self._store)) for path in self.files()}

    def files(self) -> list[Path]:
        """The files in which objects lie."""
        return [
            path
            for path in sorted(self._store.rglob("*"))
            if path.is_file() and ".staging" not in path.relative_to(self._store).parts
        ]

    @property
    def _store(self) -> Path:
        return self.data / "objects"


@dataclass
class SharedServers:
    """A PostgreSQL server and an S3 server for many trials; each has a database and a folder of the bucket.

    Args:
        postgres: may be killed.
        s3: may be killed.
    """

    postgres: OwnServer
    s3: S3Server
    _template: str = ""
    _count: int = 0

    def backend(self) -> SharedBackend:
        """An empty database with tables, and an empty place in the bucket."""
        self.bring_up()
        if not self._template:
            self._template = self.postgres.new_database()
            upgrade = [sys.executable, "-m", "aurax", "db", "upgrade"]
            environment = {**self.s3.environment(), "AURAX_DATABASE_URL": self._template}
            subprocess.run(upgrade, check=True, capture_output=True, env={**_inherited(), **environment})
        self._count += 1
        return SharedBackend(self, self.postgres.new_database(self._template), f"trial-{self._count}")

    def bring_up(self) -> None:
        """Start what does not run."""
        if not self.postgres.runs:
            self.postgres.start()
        if not self.s3.runs:
            self.s3.start()


@dataclass(frozen=True)
class SharedBackend:
    """A database of a PostgreSQL server and a place in a bucket.

    Args:
        servers: that serve them.
        database_url: as PostgreSQL's own tools take it.
        place: first part of every key.
    """

    servers: SharedServers
    database_url: str
    place: str
    name: str = "PostgreSQL + S3"

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables that take AURA-X there."""
        return self.through(None, None)

    def through(self, s3_port: int | None, postgres_port: int | None) -> Mapping[str, str]:
        """The same by way of proxies.

        Args:
            s3_port: of a proxy in front of the S3 server; None for none.
            postgres_port: of a proxy in front of the database; None for none.
        """
        own = self.servers.postgres.port
        url = self.database_url.replace(f":{own}/", f":{postgres_port or own}/")
        endpoint = f"http://127.0.0.1:{s3_port}" if s3_port else None
        return {
            **self.servers.s3.environment(endpoint),
            "AWS_ALLOW_HTTP": "true",
            "AURAX_DATABASE_URL": url,
            "AURAX_OBJECTS_URL": f"s3://{_BUCKET}/{self.place}",
        }

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the database."""
        return [tuple(row) for row in self.servers.postgres.execute(query, self.database_url)]

    def keys(self) -> set[str]:
        """Keys of all stored objects."""
        return {str(path.relative_to(self._folder)) for path in self.files()}

    def files(self) -> list[Path]:
        """The files in which the S3 server keeps objects."""
        return [
            path for path in sorted(self._folder.rglob("*")) if path.is_file() and not path.name.endswith(_NO_SONGS)
        ]

    def remove(self) -> None:
        """Give the room back."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self.servers.bring_up()
        self.servers.postgres.drop_database(self.database_url)

    @property
    def _folder(self) -> Path:
        return self.servers.s3.folder / _BUCKET / self.place


@contextlib.contextmanager
def shared_servers(folder: Path) -> Iterator[SharedServers]:
    """Both servers until the block ends.

    Args:
        folder: for the objects.
    """
    with own_server() as postgres, S3Server(folder / "s3", buckets=(_BUCKET,)) as s3:
        yield SharedServers(postgres, s3)


def _inherited() -> dict[str, str]:
    import os

    return {name: value for name, value in os.environ.items() if not name.startswith(("AURAX_", "AWS_", "TEMPORAL_"))}
