"""Rendered clips on disk, named by their content, with a bound on their size."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np

from aurax.audio.waveform import Samples

KEEP_S = 900.0
"""Clips used within this time are never evicted, so that a song in work keeps its own."""


class ClipCache:
    """A folder of clips: float32 `.npy` files of shape (2, frames).

    Safe to use from several threads and processes: files appear whole by renaming, and an unreadable one counts as
    absent.

    Args:
        folder: where the clips live; created if missing.
        limit_bytes: size above which `evict` removes the clips used longest ago.
    """

    def __init__(self, folder: Path, limit_bytes: int = 4_000_000_000) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, key: str) -> Path:
        """Where a clip lies or would lie."""
        return self._folder / key[:2] / f"{key}.npy"

    def load(self, key: str, frames: int) -> Samples | None:
        """Map a clip into memory and note its use.

        A file that is no clip of that length is removed, so that it is rendered again.

        Args:
            key: the clip's hash.
            frames: expected length.

        Returns:
            Shape (2, frames), read-only; none if the clip is absent.
        """
        path = self.path(key)
        try:
            samples = np.load(path, mmap_mode="r", allow_pickle=False)
            if samples.shape != (2, frames) or samples.dtype != np.float32:
                raise ValueError(f"shape {samples.shape} of {samples.dtype}")
            os.utime(path)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, EOFError):
            path.unlink(missing_ok=True)
            return None
        clip: Samples = samples.view(np.ndarray)
        return clip

    def evict(self) -> int:
        """Remove the clips used longest ago until the folder is within its limit.

        Returns:
            Bytes removed.
        """
        used: list[tuple[float, int, Path]] = []
        for path in self._folder.glob("*/*"):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            used.append((status.st_mtime, status.st_size, path))
        excess = sum(size for _, size, _ in used) - self._limit_bytes
        newest = time.time() - KEEP_S
        removed = 0
        for modified, size, path in sorted(used):
            if removed >= excess or modified > newest:
                break
            path.unlink(missing_ok=True)
            removed += size
        return removed


def write_clip(path: Path, samples: Samples) -> None:
    """Write a clip so that it appears whole or not at all.

    Args:
        path: final place; its folder is created.
        samples: float32, shape (2, frames).

    Raises:
        OSError: the disk is full or the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.stem}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            np.save(file, samples, allow_pickle=False)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
