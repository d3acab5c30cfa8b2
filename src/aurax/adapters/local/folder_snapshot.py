"""What is in a folder at one moment, so that it can be removed later only if it is still exactly that."""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class Entry:
    """One file or folder, without following links.

    Args:
        device: of the file system.
        inode: within the device.
        mode: kind and permissions.
        size_bytes: of a file; 0 for a folder, whose own size says nothing.
        modified_ns: time of the last change; 0 for a folder, whose entries are compared one by one.
    """

    device: int
    inode: int
    mode: int
    size_bytes: int
    modified_ns: int

    @classmethod
    def of(cls, path: Path) -> Self:
        """Look at a path.

        Raises:
            OSError: it cannot be looked at.
        """
        found = path.lstat()
        is_folder = stat.S_ISDIR(found.st_mode)
        return cls(
            found.st_dev,
            found.st_ino,
            found.st_mode,
            0 if is_folder else found.st_size,
            0 if is_folder else found.st_mtime_ns,
        )

    @property
    def is_folder(self) -> bool:
        """Whether it is a real folder, not a link to one."""
        return stat.S_ISDIR(self.mode)


@dataclass(frozen=True)
class FolderSnapshot:
    """A folder and everything in it.

    Args:
        folder: the folder itself.
        entries: by path relative to it; every folder comes before what is in it.
    """

    folder: Entry
    entries: dict[str, Entry]

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Look at a folder and everything in it.

        Raises:
            OSError: something in it cannot be looked at.
        """

        def refuse(error: OSError) -> None:
            raise error

        entries: dict[str, Entry] = {}
        for place, folders, files in os.walk(folder, onerror=refuse):
            for name in (*folders, *files):
                path = Path(place) / name
                entries[str(path.relative_to(folder))] = Entry.of(path)
        return cls(Entry.of(folder), entries)

    def remove(self, folder: Path) -> bool:
        """Remove what was listed and nothing else.

        Args:
            folder: where the listed folder is now.

        Returns:
            Whether the whole folder is gone; False when something came into it after it was listed.
        """
        for path, entry in reversed(self.entries.items()):
            with contextlib.suppress(OSError):
                if entry.is_folder:
                    (folder / path).rmdir()
                elif Entry.of(folder / path) == entry:
                    (folder / path).unlink()
        with contextlib.suppress(OSError):
            folder.rmdir()
            return True
        return False


def put_back(kept: Path, wanted: Path) -> Path:
    """Give a folder that must not be lost a name that people see; nothing that exists is replaced.

    Args:
        kept: where it is now.
        wanted: its name; `wanted-kept-1`, `wanted-kept-2` … where that is taken.

    Returns:
        Where it is then.

    Raises:
        OSError: it cannot be moved.
    """
    place, number = wanted, 0
    while True:
        try:
            place.mkdir()
        except FileExistsError:
            number += 1
            place = wanted.with_name(f"{wanted.name}-kept-{number}")
        else:
            kept.rename(place)
            return place
