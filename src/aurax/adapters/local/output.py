"""The delivered folder: claimed before the work begins, filled beside its place, moved into place in one step."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from aurax.errors import StorageFull, UnwritableOutput

_BYTES_PER_SECOND = 6_000_000
"""Room to ask for before a song of so many seconds: about 14 stems, mix and master as 24-bit FLAC, twice (the
object store and the delivered folder), plus the clip cache."""


class OutputFolder:
    """A folder that appears complete or not at all.

    Args:
        folder: where the song will lie; the song's own folder.
        force: replace a song folder that is already there.

    Raises:
        UnwritableOutput: it exists (and `force` is not set, or it holds no song), or its parent cannot be written.
    """

    def __init__(self, folder: Path, *, force: bool = False) -> None:
        self.folder = Path(os.path.abspath(folder.expanduser()))  # noqa: PTH100 - resolve() would follow a link at the end
        if self.folder.exists() or self.folder.is_symlink():
            self._check_replaceable(force)
        self._made_parent = not self.folder.parent.exists()
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            self._partial = Path(tempfile.mkdtemp(prefix=f".{self.folder.name[:40]}.", dir=self.folder.parent))
        except OSError as error:
            raise _storage_error(error, self.folder.parent) from error
        self._partial.chmod(0o755)

    def _check_replaceable(self, force: bool) -> None:
        if not force:
            raise UnwritableOutput(
                f"{self.folder} not to exist yet",
                "something there",
                "choose another --out, or add --force to replace it",
            )
        is_song = self.folder.is_dir() and ((self.folder / "song.json").is_file() or not any(self.folder.iterdir()))
        if not is_song:
            raise UnwritableOutput(
                f"{self.folder} to be a song folder that --force may replace",
                "something else (no song.json inside)",
                "choose another --out; nothing was touched",
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._partial, ignore_errors=True)
        if self._made_parent and not self.folder.exists():
            with contextlib.suppress(OSError):
                self.folder.parent.rmdir()

    def check_room(self, duration_s: float) -> None:
        """Refuse early when the disk cannot hold the song.

        Raises:
            StorageFull: fewer bytes are free than a song of that length may need.
        """
        needed = int(duration_s * _BYTES_PER_SECOND)
        free = shutil.disk_usage(self._partial).free
        if free < needed:
            raise StorageFull(
                f"about {needed / 1e6:.0f} MB of free disk for this song",
                f"{free / 1e6:.0f} MB in {self.folder.parent}",
                "free some room, choose another --out, or ask for a shorter song",
            )

    def add(self, relative_path: str, source: Path) -> None:
        """Copy one file in.

        Raises:
            StorageFull: the disk is full.
            UnwritableOutput: the copy fails otherwise.
        """
        self.make(relative_path, lambda target: shutil.copyfile(source, target))

    def make(self, relative_path: str, write: Callable[[Path], object]) -> None:
        """Have one file written in.

        Args:
            relative_path: where in the folder.
            write: called with the path to write.

        Raises:
            StorageFull: the disk is full.
            UnwritableOutput: writing fails otherwise.
        """
        target = self._partial / relative_path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            write(target)
        except OSError as error:
            raise _storage_error(error, target) from error

    def read(self, relative_path: str) -> bytes:
        """The content of a file that was added."""
        return (self._partial / relative_path).read_bytes()

    def finish(self) -> Path:
        """Move the folder into place; returns it.

        Raises:
            UnwritableOutput: something else took the place meanwhile.
        """
        replaced: Path | None = None
        try:
            if self.folder.exists():
                replaced = self._partial.with_name(self._partial.name + ".replaced")
                self.folder.rename(replaced)
            self._partial.rename(self.folder)
        except OSError as error:
            if replaced is not None and not self.folder.exists():
                replaced.rename(self.folder)
            raise _storage_error(error, self.folder) from error
        if replaced is not None:
            shutil.rmtree(replaced, ignore_errors=True)
        return self.folder


def free_folder(parent: Path, name: str) -> Path:
    """`parent/name`, or `parent/name-2`, `-3` … where that is taken."""
    candidate = parent / name
    number = 2
    while candidate.exists() or candidate.is_symlink():
        candidate = parent / f"{name}-{number}"
        number += 1
    return candidate


def _storage_error(error: OSError, place: Path) -> StorageFull | UnwritableOutput:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull("room on the disk", f"none left at {place}", "free some room and run it again")
    return UnwritableOutput(
        f"to write {place}", error.strerror or str(error), "choose another --out or change its permissions"
    )
