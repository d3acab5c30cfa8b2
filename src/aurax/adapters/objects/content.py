"""Whether a file still holds what was stored: read and hashed once, then remembered while it does not change."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path
from typing import BinaryIO

from aurax.audio.reference import ObjectRef

_BLOCK_BYTES = 1024 * 1024

_Identity = tuple[int, int, int, int]
"""Inode, size, time of the last write and of the last change of a file."""


class KnownContent:
    """Hashes of files that this process has read or written, valid while the file stays the same.

    A write changes a file's times even where it restores its modification time, so a changed file is read again.
    """

    def __init__(self) -> None:
        self._known: dict[Path, tuple[_Identity, str]] = {}
        self._lock = threading.Lock()

    def remember(self, path: Path, sha256: str, status: os.stat_result | None = None) -> None:
        """Note the hash of a file.

        Args:
            path: the file.
            sha256: of its content.
            status: of the file when its content was read; left out, it was just put in its place.
        """
        try:
            status = status or path.stat()
        except OSError:
            return
        with self._lock:
            self._known[path] = (_identity(status), sha256)

    def forget(self, path: Path) -> None:
        """Note that a file is gone."""
        with self._lock:
            self._known.pop(path, None)

    def sha256(self, path: Path) -> str:
        """The hash of a file's content.

        Raises:
            OSError: the file cannot be read.
        """
        identity = _identity(path.stat())
        with self._lock:
            known = self._known.get(path)
        if known is not None and known[0] == identity:
            return known[1]
        with path.open("rb") as file:
            identity = _identity(os.fstat(file.fileno()))
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        with self._lock:
            self._known[path] = (identity, digest)
        return digest


def hash_file(path: Path) -> tuple[str, int]:
    """SHA-256 and size of a file.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return digest, os.fstat(file.fileno()).st_size


def fault_of(path: Path, ref: ObjectRef, content: KnownContent) -> str | None:
    """What is wrong with the file of an object.

    Args:
        path: the file.
        ref: what it should hold.
        content: hashes that are known.

    Returns:
        What is there instead, in words; None if the file is as it should be.
    """
    try:
        size = path.stat().st_size
        if size != ref.bytes:
            return f"{size} bytes"
        return None if content.sha256(path) == ref.sha256 else "other content"
    except FileNotFoundError:
        return "nothing"
    except OSError as error:
        return error.strerror or str(error)


def copy_hashing(source: BinaryIO, target: BinaryIO) -> str:
    """Copy an open file into another and hash what passes.

    Returns:
        SHA-256 of what was written.

    Raises:
        OSError: reading or writing fails.
    """
    digest = hashlib.sha256()
    while block := source.read(_BLOCK_BYTES):
        digest.update(block)
        target.write(block)
    return digest.hexdigest()


def _identity(status: os.stat_result) -> _Identity:
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
