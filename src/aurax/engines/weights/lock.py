"""The lock file of the weights folder: which commit and which files were trusted at the first fetch."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from aurax.errors import BadCheckpoint, CorruptData

LOCK_FILE = "weights.lock.json"
"""In the weights folder, next to the engines' own folders."""


@dataclass(frozen=True)
class Locked:
    """What is known of an engine's weights.

    Args:
        repository: where they came from.
        revision: the commit, empty where there is none.
        files: SHA-256 by relative path.
    """

    repository: str
    revision: str
    files: dict[str, str]

    def check(self, engine: str, found: Locked) -> None:
        """Compare files with those of the first fetch.

        Raises:
            BadCheckpoint: they differ.
        """
        names = sorted(
            name for name in self.files.keys() | found.files.keys() if self.files.get(name) != found.files.get(name)
        )
        if names:
            raise BadCheckpoint(
                f"the weights of {engine} that were fetched first (commit {self.revision or 'unknown'})",
                f"other content of {', '.join(names[:5])}",
                f"if its makers published new weights and you trust them, run 'aurax fetch {engine} --renew'",
            )


class WeightsLock:
    """The lock file. Entries are written while it is `held`, so that none is lost.

    Args:
        weights_dir: the folder that holds it.
    """

    def __init__(self, weights_dir: Path) -> None:
        self._path = weights_dir / LOCK_FILE

    def read(self, engine: str, repository: str) -> Locked | None:
        """What is locked for an engine; nothing if it was never fetched from there.

        Raises:
            CorruptData: the file is no lock file.
        """
        entry = self._entries().get(engine)
        try:
            locked = None if entry is None else Locked(entry["repository"], entry["revision"], dict(entry["files"]))
        except (KeyError, TypeError, ValueError) as error:
            raise self._corrupt(repr(error)) from error
        return locked if locked is not None and locked.repository == repository else None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other processes of this machine from writing; waits for them."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # The file itself is replaced, so the lock is on its folder, which stays.
        descriptor = os.open(self._path.parent, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def write(self, engine: str, locked: Locked) -> None:
        """Add what was fetched, while the lock is `held`; the file is replaced in one step."""
        entries = {**self._entries(), engine: asdict(locked)}
        temporary = self._path.with_name(f".{LOCK_FILE}.{os.getpid()}")
        temporary.write_text(json.dumps(entries, indent=1, sort_keys=True) + "\n")
        temporary.replace(self._path)

    def _entries(self) -> dict[str, Any]:
        try:
            entries = json.loads(self._path.read_text())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise self._corrupt(str(error)) from error
        if not isinstance(entries, dict):
            raise self._corrupt("something else")
        return entries

    def _corrupt(self, found: str) -> CorruptData:
        return CorruptData(
            f"{self._path} to be the lock file of the weights", found, "delete it and fetch the weights again"
        )


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in a folder, by relative path."""
    return {path.relative_to(folder).as_posix(): _sha256(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
