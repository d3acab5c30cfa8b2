"""Which songs have a client that waits for them, and what that client has made on disk so far.

Every client holds a lock on one record in the data folder. The kernel drops the lock when the client dies, however it
dies; the next command finds the record without its lock and removes what the dead client left next to `--out`. The
record stays until the song has ended, so that a song of this data folder that nobody waits for can be distinguished
from songs of other machines.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aurax.adapters.local.disk_space import storage_error
from aurax.adapters.local.folder_snapshot import Entry, put_back
from aurax.errors import InvalidOption

PARTIAL_PREFIX = ".aurax-"
"""Beginning of the names of folders in which songs are gathered."""

_PARTIAL = re.compile(r"\.aurax-[0-9a-f]{16}")
_LOOKED_AT_S = 2.0
"""Longer than a command that only looks at a record, or sweeps it, holds its lock."""
_SONG_ID = re.compile(r"[0-9a-z]{1,32}")


class Claim:
    """A song that this process waits for; made by `Claims.hold`.

    Args:
        descriptor: the locked record, to which notes are appended.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.ended = True
        """Whether nothing of the song continues when the claim is given up; set it to False where it may continue."""

    def note_folder(self, folder: Path, made: Entry) -> None:
        """Note that an empty folder was made to claim its name."""
        self._note(folder=str(folder), device=made.device, inode=made.inode)

    def note_parents(self, parents: list[Path]) -> None:
        """Note folders that are about to be made, innermost first."""
        self._note(parents=[str(parent) for parent in parents])

    def note_partial(self, partial: Path) -> None:
        """Note the hidden folder that is about to be made."""
        self._note(partial=str(partial))

    def note_replaced(self, folder: Path, found: Entry) -> None:
        """Note that a song at `folder` is about to change places with the new one."""
        self._note(replaced=str(folder), device=found.device, inode=found.inode)

    def _note(self, **values: Any) -> None:
        os.write(self._descriptor, json.dumps(values).encode() + b"\n")


class Claims:
    """The records of a data folder.

    Args:
        folder: where they are; made when the first one is.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def hold(self, song_id: str) -> Iterator[Claim]:
        """Be the client of a song while inside.

        Args:
            song_id: lower-case letters and digits.

        Raises:
            InvalidOption: another process is its client now, or the record cannot be written.
            StorageFull: no room is left for the record.
        """
        path = self._folder / song_id
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = _lock_record(path)
        except OSError as error:
            raise storage_error(error, self._folder) from error
        if descriptor is None:
            raise InvalidOption(
                "a song that no other command waits for", song_id[:8], "let that command finish, or stop it with Ctrl-C"
            )
        claim = Claim(descriptor)
        try:
            with contextlib.suppress(OSError):
                _sweep(descriptor)
            yield claim
        except BaseException:
            if claim.ended:
                path.unlink(missing_ok=True)
            raise
        else:
            path.unlink(missing_ok=True)
        finally:
            os.close(descriptor)

    def is_held(self, song_id: str) -> bool:
        """Whether a living process waits for a song."""
        return self._state(song_id) is True

    def left_behind(self) -> tuple[str, ...]:
        """Songs whose client died, or gave up while the song may continue, in rising order."""
        return tuple(song_id for song_id in self._song_ids() if self._state(song_id) is False)

    def others(self, song_id: str) -> tuple[str, ...]:
        """Songs of this data folder, but one, that have not ended, in rising order."""
        return tuple(one for one in self._song_ids() if one != song_id)

    def sweep(self) -> tuple[Path, ...]:
        """Remove what dead clients left next to their `--out`; returns what was removed."""
        removed: list[Path] = []
        for song_id in self._song_ids():
            with contextlib.suppress(OSError), _locked(self._folder / song_id) as descriptor:
                removed += _sweep(descriptor)
        return tuple(removed)

    def forget(self, song_id: str) -> None:
        """Remove the record of a song that has ended, unless somebody waits for it."""
        path = self._folder / song_id
        with contextlib.suppress(OSError), _locked(path):
            path.unlink(missing_ok=True)

    def _song_ids(self) -> list[str]:
        try:
            names = [path.name for path in self._folder.iterdir()]
        except OSError:
            return []
        return sorted(name for name in names if _SONG_ID.fullmatch(name))

    def _state(self, song_id: str) -> bool | None:
        try:
            with _locked(self._folder / song_id):
                return False
        except BlockingIOError:
            return True
        except OSError:
            return None


def _lock_record(path: Path) -> int | None:
    deadline_s = time.monotonic() + _LOOKED_AT_S
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Another process may have removed the record between the two calls.
            if path.stat().st_ino == os.fstat(descriptor).st_ino:
                return descriptor
        except FileNotFoundError:
            pass
        except BlockingIOError:
            if time.monotonic() > deadline_s:
                os.close(descriptor)
                return None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        time.sleep(0.01)


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield descriptor
    finally:
        os.close(descriptor)


def _sweep(descriptor: int) -> list[Path]:
    """Remove what a locked record names and empty it; never more than empty folders and a hidden one of our own."""
    removed: list[Path] = []
    notes = _notes(descriptor)
    kept = {(note.get("device"), note.get("inode")): Path(note["replaced"]) for note in notes if "replaced" in note}
    for note in notes:
        partial = Path(note.get("partial", ""))
        if _PARTIAL.fullmatch(partial.name) and partial.is_absolute() and partial.is_dir() and not partial.is_symlink():
            _rescue(partial, kept)
            shutil.rmtree(partial, ignore_errors=True)
            removed.append(partial)
    for note in notes:
        if "folder" in note:
            folder = Path(note["folder"])
            with contextlib.suppress(OSError):
                found = Entry.of(folder)
                if (found.device, found.inode) == (note.get("device"), note.get("inode")):
                    folder.rmdir()
                    removed.append(folder)
    for note in notes:
        for parent in note.get("parents", ()):
            with contextlib.suppress(OSError):
                Path(parent).rmdir()
                removed.append(Path(parent))
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
    return removed


def _rescue(partial: Path, replaced: dict[tuple[Any, Any], Path]) -> None:
    """Put back an older song that had just changed places: nobody has checked yet whether it is still the same."""
    for path in tuple(partial.iterdir()):
        found = Entry.of(path)
        place = replaced.get((found.device, found.inode))
        if place is not None:
            put_back(path, place)


def _notes(descriptor: int) -> list[dict[str, Any]]:
    content = b""
    os.lseek(descriptor, 0, os.SEEK_SET)
    while block := os.read(descriptor, 65536):
        content += block
    notes = []
    for line in content.splitlines():
        # The last line may be half written.
        with contextlib.suppress(ValueError):
            note = json.loads(line)
            if isinstance(note, dict):
                notes.append(note)
    return notes
