"""Rendered clips on disk, named and checked by their content, with a bound on their size."""

from __future__ import annotations

import contextlib
import os
import shutil
import struct
import threading
import time
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np

from aurax.audio.waveform import Samples
from aurax.errors import RenderFailed

KEEP_S = 900.0
"""Clips used within this time are never evicted, so that a song in work keeps its own."""
_TOUCH_AFTER_S = 60.0
"""A clip whose last use was recorded this recently is not recorded again."""
_HEADER = struct.Struct("<8sQI12x")
"""Magic word, frames, checksum; 32 bytes, so that the samples are aligned."""
_MAGIC = b"AURAXCL1"

_Identity = tuple[int, int, int, int]
"""Inode, size, time of the last write and of the last change of a file."""


class ClipCache:
    """A folder of clips: a header with a checksum, then float32 samples of shape (2, frames).

    Safe to use from several threads and processes: files appear whole by renaming. Whatever is not to the bit what was
    rendered (damaged, cut off, of another key, length or format) is removed and counts as absent.

    Args:
        folder: where the clips live; created if missing.
        limit_bytes: size above which `evict` removes the clips used longest ago.
    """

    def __init__(self, folder: Path, limit_bytes: int = 4_000_000_000) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._good: dict[str, _Identity] = {}
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, key: str) -> Path:
        """Where a clip is or would be."""
        return self._folder / key[:2] / f"{key}.clip"

    def has(self, key: str, frames: int) -> bool:
        """Whether a sound clip is there, and note its use.

        A file that this object has read before and that has not changed since is not read again.

        Args:
            key: the clip's hash.
            frames: expected length.
        """
        path = self.path(key)
        try:
            status = path.stat()
        except OSError:
            return self.load(key, frames) is not None
        with self._lock:
            known = self._good.get(key) == _identity(status)
        if known and status.st_size == _HEADER.size + 8 * frames:
            self._note_use(key, path, status)
            return True
        return self.load(key, frames) is not None

    def load(self, key: str, frames: int) -> Samples | None:
        """Read and check a clip, and note its use.

        A file that is no sound clip of that key and length is removed, so that it is rendered again.

        Args:
            key: the clip's hash.
            frames: expected length.

        Returns:
            Shape (2, frames), read-only; none if the clip is absent.
        """
        path = self.path(key)
        try:
            with path.open("rb", buffering=0) as file:
                status = os.fstat(file.fileno())
                samples = _read(file, key, frames, status.st_size)
        except FileNotFoundError:
            return None
        except OSError:
            # A folder in its place, or a file that the disk cannot read: out of the way, if that can be.
            shutil.rmtree(path, ignore_errors=True)
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
            return None
        if samples is None:
            _remove(path, status.st_ino)
            return None
        self._note_use(key, path, status)
        return samples

    def _note_use(self, key: str, path: Path, status: os.stat_result) -> None:
        if abs(time.time() - status.st_mtime) > _TOUCH_AFTER_S:
            try:
                os.utime(path)
                after = path.stat()
            except OSError:
                return
            if (after.st_ino, after.st_size) != (status.st_ino, status.st_size):
                return
            status = after
        with self._lock:
            self._good[key] = _identity(status)

    def evict(self) -> int:
        """Remove the clips used longest ago until the folder is within its limit.

        Returns:
            Bytes removed.
        """
        now = time.time()
        used: list[tuple[float, int, Path]] = []
        for path in self._folder.glob("*/*"):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            # A time that is still to come says that the wall clock was set back since; nothing is known then.
            used.append((status.st_mtime if status.st_mtime < now + KEEP_S else 0.0, status.st_size, path))
        excess = sum(size for _, size, _ in used) - self._limit_bytes
        removed = 0
        for modified, size, path in sorted(used):
            if removed >= excess or modified > now - KEEP_S:
                break
            path.unlink(missing_ok=True)
            removed += size
        return removed


def write_clip(path: Path, samples: Samples) -> None:
    """Write a clip so that it appears whole or not at all.

    Args:
        path: final place, as `ClipCache.path` tells; its folder is created.
        samples: float32, shape (2, frames).

    Raises:
        RenderFailed: a sample is NaN or infinite; nothing is written.
        OSError: the disk is full or the folder cannot be written.
    """
    if not np.isfinite(samples).all():
        raise RenderFailed(f"finite samples for clip {path.stem}", "NaN or infinity", "repair the instrument")
    content = np.ascontiguousarray(samples, dtype=np.float32).data.cast("B")
    frames = samples.shape[1]
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.stem}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            file.write(_HEADER.pack(_MAGIC, frames, _checksum(path.stem, frames, content)))
            file.write(content)
        temporary.replace(path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _read(file: BinaryIO, key: str, frames: int, size: int) -> Samples | None:
    """The samples of an open clip file, or none if it is not what it should be."""
    if size != _HEADER.size + 8 * frames:
        return None
    header = file.read(_HEADER.size)
    samples = np.empty((2, frames), np.float32)
    content = samples.data.cast("B") if frames else memoryview(b"")
    filled = 0
    while filled < len(content):
        count = file.readinto(content[filled:])  # type: ignore[attr-defined]
        if not count:
            return None
        filled += count
    if len(header) < _HEADER.size or _HEADER.unpack(header) != (_MAGIC, frames, _checksum(key, frames, content)):
        return None
    samples.flags.writeable = False
    return samples


def _checksum(key: str, frames: int, content: memoryview) -> int:
    """Key and length are part of it, so that no clip passes for another."""
    return zlib.crc32(content, zlib.crc32(f"{key} {frames}".encode()))


def _identity(status: os.stat_result) -> _Identity:
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _remove(path: Path, inode: int) -> None:
    """Remove a file unless another has taken its place."""
    with contextlib.suppress(OSError):
        if path.stat().st_ino == inode:
            path.unlink()
