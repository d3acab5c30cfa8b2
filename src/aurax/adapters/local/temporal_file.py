"""Bounding the embedded Temporal server's file, which only grows.

The file holds the history of workflows. All that is worth keeping of ended ones is in the database of songs, so
while no song is unfinished and no session is open the file may go.
"""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aurax.settings import Settings

_LEFT_OPEN_FOR = timedelta(days=30)
"""The same as in the module of sessions, which clients must not load for it."""
_UNFINISHED = "SELECT 1 FROM songs WHERE status = 'making' LIMIT 1"
_OPEN = "SELECT 1 FROM sessions WHERE ended_at IS NULL AND state IS NOT NULL AND updated_at >= ? LIMIT 1"

LIMIT_BYTES = 64 * 1024**2
"""About 300 songs; a server of Temporal itself forgets workflows a day after they ended."""


def bound_temporal_file(settings: Settings) -> int:
    """Remove the file if it has grown too large and nothing in it is needed; to be called before the server starts.

    Args:
        settings: where it is.

    Returns:
        Bytes that became free.
    """
    if sum(_size_bytes(path) for path in _paths(settings)) <= LIMIT_BYTES or _may_be_needed(settings):
        return 0
    return remove_temporal_file(settings)


def remove_temporal_file(settings: Settings, *, dry_run: bool = False) -> int:
    """Remove the file; to be called while no server runs, no song is unfinished and no session is open.

    Args:
        settings: where it is.
        dry_run: only tell.

    Returns:
        Bytes that became free.
    """
    freed_bytes = sum(_size_bytes(path) for path in _paths(settings))
    if not dry_run:
        for path in _paths(settings):
            path.unlink(missing_ok=True)
    return freed_bytes


def _paths(settings: Settings) -> tuple[Path, ...]:
    path = settings.temporal_database
    return tuple(path.with_name(path.name + ending) for ending in ("", "-wal", "-shm"))


def _may_be_needed(settings: Settings) -> bool:
    """Whether a song may be unfinished or a session open; looked up without libraries that take long to load."""
    if settings.database_url is not None:
        return True
    database = settings.data_dir / "aurax.db"
    try:
        with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
            unfinished = connection.execute(_UNFINISHED).fetchone() is not None
            return unfinished or _has_open_session(connection)
    except sqlite3.Error:
        return True


def _has_open_session(connection: sqlite3.Connection) -> bool:
    used_since = (datetime.now(UTC) - _LEFT_OPEN_FOR).strftime("%Y-%m-%d %H:%M:%S")
    try:
        return connection.execute(_OPEN, (used_since,)).fetchone() is not None
    except sqlite3.OperationalError as error:
        if "no such" in str(error):  # a database of an AURA-X that knew no sessions
            return False
        raise


def _size_bytes(path: Path) -> int:
    try:
        return path.lstat().st_size if path.is_file() else 0
    except OSError:
        return 0
