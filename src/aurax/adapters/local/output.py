"""The delivered folder: its name is claimed before the work begins, and the whole song appears there in one step.

The claim is an empty folder, made by an exclusive mkdir. The song is gathered in a hidden folder next to it and put in
place by a rename, which the system allows only onto an empty folder. With `force`, the song that was found at the start
changes places with the new one, and is removed only if it still is exactly what was found.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from aurax.adapters.local.claims import PARTIAL_PREFIX, Claim
from aurax.adapters.local.exchange import exchange
from aurax.adapters.local.folder_snapshot import Entry, FolderSnapshot, put_back
from aurax.adapters.local.private import person_umask
from aurax.errors import StorageFull, UnwritableOutput
from aurax.text import is_safe_path

_BYTES_PER_SECOND = 8_000_000
"""Room to ask for before a song of so many seconds: about 14 stems, mix and master as 24-bit FLAC, twice (the
object store and the delivered folder), the stems as WAV in the DAW project, and the clip cache."""
_MOST_NUMBERS = 10_000
_MOST_VANISHED_PARENTS = 100


class OutputFolder:
    """A song's folder that appears complete or not at all; enter it to have it cleaned up.

    Args:
        folder: where the song goes; the song's own folder.
        force: replace a song folder that is already there.
        next_free: where the name is taken, take `folder-2`, `folder-3` … instead of failing.
        claim: notes what is made on disk, so that it is swept if this process is killed.

    Raises:
        UnwritableOutput: it exists (and `force` is not set, or it holds no song), or it cannot be made.
        StorageFull: no room for even an empty folder.
    """

    def __init__(
        self, folder: Path, *, force: bool = False, next_free: bool = False, claim: Claim | None = None
    ) -> None:
        self._wanted = _checked_path(folder)
        self._next_free = next_free
        self._claim = claim
        self._claimed: Entry | None = None
        self._replaced: FolderSnapshot | None = None
        self._made_parents: tuple[Path, ...] = ()
        self._added: dict[str, int] = {}
        self._begun: list[Path] = []
        self._partial: Path | None = None
        self._own: Entry | None = None
        self.folder = self._wanted
        try:
            with _translating_errors(self._wanted):
                if force and not next_free and os.path.lexists(self._wanted):
                    self._replaced = _replaceable(self._wanted)
                else:
                    self._claim_folder()
                self._make_partial()
        except BaseException:
            self._clean_up()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clean_up()

    def check_disk_space(self, duration_s: float) -> None:
        """Refuse early when the disk cannot hold the song.

        Raises:
            StorageFull: fewer bytes are free than a song of that length may need.
        """
        needed = int(duration_s * _BYTES_PER_SECOND)
        free = shutil.disk_usage(self._gathered).free
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
        target = self._gathered / relative_path
        if not is_safe_path(relative_path):
            raise UnwritableOutput("a file inside the song's folder", repr(relative_path), "make the song again")
        with _translating_errors(target):
            for folder in reversed(target.relative_to(self._gathered).parents[:-1]):
                with contextlib.suppress(FileExistsError):
                    _make_folder(self._gathered / folder)
                    self._begun.append(folder)
            self._begun.append(Path(relative_path))
            write(target)
            target.chmod(0o666 & ~person_umask())
            self._added[relative_path] = target.stat().st_size

    def read(self, relative_path: str) -> bytes:
        """The content of a file that was added.

        Raises:
            UnwritableOutput: it is gone.
        """
        path = self._gathered / relative_path
        with _translating_errors(path):
            return path.read_bytes()

    def finish(self) -> Path:
        """Put the song into place; returns the folder.

        Raises:
            UnwritableOutput: something else took the place meanwhile, or something that was gathered is gone. What took
                the place is kept.
            StorageFull: the disk is full.
        """
        with _translating_errors(self.folder):
            for path, size_bytes in self._added.items():
                if (self._gathered / path).stat().st_size != size_bytes:
                    raise UnwritableOutput(f"{path} as it was written", "another size", "run it again")
            if self._replaced is not None:
                self._replace(self._replaced)
            else:
                self._take_place()
        return self.folder

    @property
    def _gathered(self) -> Path:
        assert self._partial is not None
        return self._partial / "song"

    def _claim_folder(self) -> None:
        number, vanished = 1, 0
        while number < _MOST_NUMBERS:
            try:
                self._make_parents()
                _make_folder(self.folder)
            except FileExistsError:
                if not self._next_free:
                    raise UnwritableOutput(
                        f"{self.folder} not to exist yet",
                        "something there",
                        "choose another --out, or add --force to replace a song",
                    ) from None
                number += 1
                self.folder = self._wanted.with_name(f"{self._wanted.name}-{number}")
            except FileNotFoundError:
                # Another run, which had made the parent too, may have given up and removed it just now.
                vanished += 1
                if vanished > _MOST_VANISHED_PARENTS:
                    raise
            else:
                self._claimed = Entry.of(self.folder)
                if self._claim is not None:
                    self._claim.note_folder(self.folder, self._claimed)
                return
        raise UnwritableOutput(f"a free name next to {self._wanted}", "none", "choose another --out")

    def _make_parents(self) -> None:
        missing = [parent for parent in self.folder.parents if not os.path.lexists(parent)]
        if self._claim is not None and missing:
            self._claim.note_parents(missing)
        for parent in reversed(missing):
            with contextlib.suppress(FileExistsError):
                _make_folder(parent)
                self._made_parents = (parent, *self._made_parents)

    def _make_partial(self) -> None:
        partial = self.folder.with_name(f"{PARTIAL_PREFIX}{secrets.token_hex(8)}")
        if self._claim is not None:
            self._claim.note_partial(partial)
        partial.mkdir(mode=0o700)
        self._partial = partial
        _make_folder(self._gathered)
        self._own = Entry.of(self._gathered)

    def _take_place(self) -> None:
        try:
            if not os.path.lexists(self.folder) or _same_folder(self.folder, self._claimed):
                self._gathered.rename(self.folder)
                return
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                raise
        if not self._next_free:
            raise _taken(self.folder)
        taken = self.folder
        self._claimed = None
        self._claim_folder()
        if self.folder == taken:
            raise _taken(taken)
        self._take_place()

    def _replace(self, found: FolderSnapshot) -> None:
        if not os.path.lexists(self.folder):
            _make_folder(self.folder)
            self._gathered.rename(self.folder)
            return
        if FolderSnapshot.of(self.folder) != found:
            raise _taken(self.folder)
        new = self._gathered
        if self._claim is not None:
            self._claim.note_replaced(self.folder, found.folder)
        if exchange(new, self.folder):
            old = new
            if FolderSnapshot.of(old) != found:
                try:
                    exchange(old, self.folder)
                except OSError:
                    put_back(old, self.folder)
                raise _taken(self.folder)
        else:
            old = new.with_name("replaced")
            self.folder.rename(old)
            try:
                if FolderSnapshot.of(old) != found:
                    raise _taken(self.folder)
                _make_folder(self.folder)
                new.rename(self.folder)
            except BaseException:
                put_back(old, self.folder)
                raise
        if not found.remove(old):
            put_back(old, self.folder)

    def _clean_up(self) -> None:
        with contextlib.suppress(OSError):
            self._remove_partial()
        with contextlib.suppress(OSError):
            if self._claimed is not None and _same_folder(self.folder, self._claimed):
                self.folder.rmdir()
        for parent in self._made_parents:
            with contextlib.suppress(OSError):
                parent.rmdir()

    def _remove_partial(self) -> None:
        """Remove what this run gathered; what others put there while it stood at `--out` for a moment is kept."""
        if self._partial is None:
            return
        gathered = self._gathered
        if os.path.lexists(gathered) and _same_folder(gathered, self._own):
            for path in reversed(self._begun):
                with contextlib.suppress(OSError):
                    _remove(gathered / path)
            with contextlib.suppress(OSError):
                gathered.rmdir()
        if os.path.lexists(gathered):
            put_back(gathered, self.folder)
        self._partial.rmdir()


def _checked_path(folder: Path) -> Path:
    text = str(folder)
    try:
        text.encode()
        unusable = any(unicodedata.category(letter) == "Cc" for letter in text)
    except UnicodeEncodeError:
        unusable = True
    if unusable:
        raise UnwritableOutput(
            "a folder name that can be printed", ascii(text), "choose an --out without control characters, in UTF-8"
        )
    try:
        path = Path(os.path.abspath(folder.expanduser()))  # noqa: PTH100 - resolve() would follow a link at the end
    except (OSError, RuntimeError) as error:
        raise UnwritableOutput(f"a folder at {text}", str(error), "choose another --out") from error
    if not path.name:
        raise UnwritableOutput("a folder of the song's own", str(path), "choose another --out")
    return path


def _replaceable(folder: Path) -> FolderSnapshot:
    if folder.is_symlink():
        raise UnwritableOutput(f"{folder} to be a folder", "a symbolic link", "name the folder that it points to")
    if not folder.is_dir():
        found: FolderSnapshot | None = None
    else:
        found = FolderSnapshot.of(folder)
    if found is None or (found.entries and "song.json" not in found.entries):
        raise UnwritableOutput(
            f"{folder} to be a song folder that --force may replace",
            "something else (no song.json inside)",
            "choose another --out; nothing was touched",
        )
    return found


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink()


def _same_folder(path: Path, entry: Entry | None) -> bool:
    found = Entry.of(path)
    return entry is not None and (found.device, found.inode) == (entry.device, entry.inode)


def _make_folder(folder: Path) -> None:
    folder.mkdir()
    with contextlib.suppress(OSError):
        folder.chmod(0o777 & ~person_umask())


def _taken(folder: Path) -> UnwritableOutput:
    return UnwritableOutput(
        f"{folder} as it was when the work began",
        "something else there now, which was kept",
        "choose another --out",
    )


@contextlib.contextmanager
def _translating_errors(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull(
                "room on the disk", f"none left at {place.parent}", "free some room and run it again"
            ) from error
        if error.errno == errno.ENAMETOOLONG:
            name = os.fsencode(place.name)
            raise UnwritableOutput(
                "a name and path that this file system can hold (usually names of at most 255 bytes)",
                f"a name of {len(name)} bytes in a path of {len(os.fsencode(place))}",
                "choose a shorter --out",
            ) from error
        raise UnwritableOutput(
            f"to write {place}", error.strerror or str(error), "choose another --out or change its permissions"
        ) from error
