"""PostgreSQL and an S3 server on loopback: what an installation for many people works on."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aurax.adapters.objects.ownership import NOTE
from builders.databases import migrate_now
from builders.postgres_server import OwnServer, own_server
from builders.s3_server import S3Server


@dataclass(frozen=True)
class Production:
    """Both servers; each place on them is a database and a bucket of its own.

    Args:
        postgres: may be killed and started again.
        s3: may be killed and started again.
    """

    postgres: OwnServer
    s3: S3Server

    def place(self, *, upgraded: bool = True) -> dict[str, str]:
        """Variables that take AURA-X to a database without rows and an empty bucket.

        Args:
            upgraded: whether the database has tables.
        """
        database = self.postgres.new_database()
        if upgraded:
            migrate_now(database.replace("postgresql:", "postgresql+asyncpg:"))
        bucket = f"bucket-{secrets.token_hex(4)}"
        (self.s3.folder / bucket).mkdir()
        return {
            "AURAX_DATABASE_URL": database,
            "AURAX_OBJECTS_URL": f"s3://{bucket}",
            "AWS_ALLOW_HTTP": "true",
            **self.s3.environment(),
        }

    def stored(self, place: dict[str, str]) -> list[str]:
        """Keys of everything in a place's bucket but the note of whose it is, in rising order."""
        bucket = self.s3.folder / place["AURAX_OBJECTS_URL"].removeprefix("s3://")
        keys = (path.relative_to(bucket).as_posix() for path in bucket.rglob("*") if path.is_file())
        return sorted(key for key in keys if key != NOTE)


@contextmanager
def production_servers(folder: Path) -> Iterator[Production]:
    """Both servers until the block ends.

    Args:
        folder: for the buckets.
    """
    with own_server() as postgres, S3Server(folder) as s3:
        yield Production(postgres, s3)
