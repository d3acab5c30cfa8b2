"""The embedded Temporal server's file: looked at before the server opens it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from aurax.errors import AuraxError, CorruptData, InvalidOption, ServiceUnavailable

_CHECKED_BYTES = 500_000_000
"""Larger files get a look at their schema only; the full check reads about 500 MB a second."""
_TABLES = frozenset({"namespaces", "executions", "history_node", "tasks", "task_queues", "shards"})
"""Tables without which the server cannot start."""
_LOST = "the history of songs that are being made is lost with it, delivered folders are not"


class TemporalDatabase:
    """The file, and whether it was ever complete.

    A server that is killed while it creates its tables leaves a file with which no server can start. A marker next to
    the locks distinguishes such a file, in which nothing can be, from a damaged one.

    Args:
        path: the file.
        marker: exists while the file is being created.
    """

    def __init__(self, path: Path, marker: Path) -> None:
        self.path = path
        self._marker = marker

    def prepare(self) -> None:
        """Make sure that a server can start with the file.

        Raises:
            CorruptData: it is damaged, or no database.
            InvalidOption: it cannot be written.
            ServiceUnavailable: another program holds it.
        """
        if self._marker.exists() or self._is_empty():
            self._remove()
        if not self.path.exists() and not self.path.is_symlink():
            self._marker.touch()
            return
        self._check()

    def complete(self) -> None:
        """Note that a server runs with the file, so that its tables are there."""
        self._marker.unlink(missing_ok=True)

    def damage(self, words: str) -> AuraxError | None:
        """The error behind the last words of a server that ended, where they speak of its file; else None.

        Args:
            words: what the server said.
        """
        lower = words.lower()
        if "no such table" in lower or "malformed" in lower or "not a database" in lower or "sql logic error" in lower:
            return self._corrupt(words)
        if "readonly" in lower or "read-only" in lower or "permission denied" in lower:
            return self._unwritable(words)
        return None

    def _is_empty(self) -> bool:
        """Whether the file holds nothing at all, not even in its companion files."""
        log = self._companion("-wal")
        return self.path.is_file() and self.path.stat().st_size == 0 and not (log.is_file() and log.stat().st_size > 0)

    def _remove(self) -> None:
        for path in (self.path, *(self._companion(end) for end in ("-wal", "-shm", "-journal"))):
            if path.is_file():
                path.unlink()

    def _companion(self, ending: str) -> Path:
        return self.path.with_name(self.path.name + ending)

    def _check(self) -> None:
        if not self.path.is_file():
            raise self._corrupt("a folder" if self.path.is_dir() else "something that is no file")
        if not os.access(self.path, os.R_OK | os.W_OK):
            raise self._unwritable("a file that may not be written")
        if self.path.stat().st_size == 0:
            raise self._corrupt(f"an empty file next to {self._companion('-wal').name}, which is not empty")
        try:
            with contextlib.closing(sqlite3.connect(self.path, timeout=2.0)) as connection:
                found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
                if self.path.stat().st_size <= _CHECKED_BYTES:
                    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
                    if verdict != "ok":
                        raise self._corrupt(str(verdict).replace("\n", " "))
        except sqlite3.DatabaseError as error:
            if "locked" in str(error) or "busy" in str(error):
                raise ServiceUnavailable(
                    f"{self.path} to be free", "another program that holds it", "stop that program"
                ) from None
            if "readonly" in str(error):
                raise self._unwritable(str(error)) from None
            raise self._corrupt(str(error)) from None
        missing = sorted(_TABLES - found)
        if missing:
            raise self._corrupt(f"a database without the table {missing[0]}")

    def _corrupt(self, found: str) -> CorruptData:
        return CorruptData(f"{self.path} to be the Temporal server's database", found, f"move that file away; {_LOST}")

    def _unwritable(self, found: str) -> InvalidOption:
        return InvalidOption(
            f"{self.path} to be a file that can be written",
            found,
            "change its permissions, or set AURAX_DATA_DIR to another folder",
        )
