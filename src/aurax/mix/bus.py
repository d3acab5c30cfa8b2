"""A bus: what the strips send to one effect, added up over the whole song.

The buses of a ten-minute song are as large as two of its stems. Long ones are in a file without a name that ends with
the process, so that memory holds one chunk of them; the sums are the same either way.
"""

from __future__ import annotations

import errno
import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from aurax.audio.waveform import Samples
from aurax.errors import StorageFull
from aurax.mix.control import CHUNK_FRAMES

_IN_MEMORY_FRAMES = 5 * 60 * 48_000
"""Longer buses go to a file where there is a folder for it: 115 MB."""
_CHUNK_BYTES = 2 * CHUNK_FRAMES * 4
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Bus:
    """A stereo sum that several threads add to, chunk by chunk.

    Args:
        frames: length of the song.
        scratch_dir: folder for the sums of a long song; in memory without one.
    """

    def __init__(self, frames: int, scratch_dir: Path | None = None) -> None:
        self.frames = frames
        self._lock = threading.Lock()
        self._written: set[int] = set()
        self._file: BinaryIO | None = None
        if scratch_dir is not None and frames > _IN_MEMORY_FRAMES:
            scratch_dir.mkdir(parents=True, exist_ok=True)
            self._file = cast(BinaryIO, tempfile.TemporaryFile(dir=scratch_dir))  # noqa: SIM115 (closed by close)
        self._sums: Samples | None = None

    @property
    def is_used(self) -> bool:
        """Whether anything was sent."""
        return bool(self._written)

    def add(self, start_frame: int, samples: Samples) -> None:
        """Add a chunk.

        Args:
            start_frame: where it begins, a multiple of `CHUNK_FRAMES`.
            samples: stereo, at most `CHUNK_FRAMES` long.

        Raises:
            StorageFull: the scratch folder has no room.
        """
        with self._lock:
            if self._file is None:
                if self._sums is None:
                    self._sums = np.zeros((2, self.frames), np.float32)
                self._sums[:, start_frame : start_frame + samples.shape[1]] += samples
            else:
                self._store(start_frame, self._load(start_frame, samples.shape[1]) + samples)
            self._written.add(start_frame)

    def blocks(self) -> Iterator[Samples]:
        """The sum from start to end, chunk by chunk; silence where nothing was sent."""
        for start in range(0, self.frames, CHUNK_FRAMES):
            stop = min(self.frames, start + CHUNK_FRAMES)
            if self._file is not None:
                yield self._load(start, stop - start)
            elif self._sums is not None:
                yield self._sums[:, start:stop]
            else:
                yield np.zeros((2, stop - start), np.float32)

    def close(self) -> None:
        """Forget everything."""
        self._sums = None
        self._written.clear()
        if self._file is not None:
            self._file.close()

    def _load(self, start_frame: int, frames: int) -> Samples:
        samples = np.zeros((2, frames), np.float32)
        if start_frame in self._written and self._file is not None:
            content = os.pread(self._file.fileno(), samples.nbytes, _place(start_frame))
            samples[:] = np.frombuffer(content, np.float32).reshape(2, frames)
        return samples

    def _store(self, start_frame: int, samples: Samples) -> None:
        assert self._file is not None
        view, place = memoryview(samples.tobytes()), _place(start_frame)
        try:
            while view:
                count = os.pwrite(self._file.fileno(), view, place)
                view, place = view[count:], place + count
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise StorageFull(
                    "room for the buses of a long mix", str(error), "free some disk space and try again"
                ) from error
            raise


def _place(start_frame: int) -> int:
    return start_frame // CHUNK_FRAMES * _CHUNK_BYTES
