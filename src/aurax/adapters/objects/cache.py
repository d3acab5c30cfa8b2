"""Copies of remote objects on this machine: bounded, shared by processes, and never taken from under a reader.

A reader holds a shared lock on the copy itself (`flock`) for as long as it needs the path; whoever makes room takes a
copy only when it gets the exclusive lock, and a reader that was too late sees that its file has no name any more.
A kernel frees a dead process's locks. Copies are checked by hash before they are handed out, and appear by a rename,
so no half-downloaded or damaged copy is ever seen.

The access time tells which copy was used last. It is written by this class, because file systems may not do it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from aurax.adapters.objects.content import KnownContent
from aurax.adapters.objects.places import place
from aurax.audio.reference import FOLDERS, ObjectRef

_LOCKS = 256
"""Downloads of different keys share a lock file, and so wait for each other, once in so many cases."""
_RESCAN_PART = 64
"""Other processes add copies too, so the folder is measured again whenever this part of the bound was added here."""
_USED_STEP_S = 60.0


class Lease:
    """A copy that nobody removes until the block ends.

    Args:
        path: the copy.
        descriptor: open on it, with a shared lock.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Let go; may be repeated."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


@dataclass(frozen=True)
class _Copy:
    used_ns: int
    bytes: int
    path: Path


class ObjectCache:
    """Local copies of remote objects; the one unused for longest goes first.

    Args:
        folder: for the copies, and for `staging` and lock files beside them.
        limit_bytes: room for all copies together. Copies in use stay beyond it until they are let go.
        used_step_s: uses within such a step count as one.
    """

    def __init__(self, folder: Path, limit_bytes: int, *, used_step_s: float = _USED_STEP_S) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._used_step_ns = int(used_step_s * 1e9)
        self._content = KnownContent()
        self._lock = threading.Lock()
        self._held_bytes: int | None = None
        self._added_bytes = 0
        self.staging = folder / "staging"
        self._locks = folder / ".locks"
        for needed in (self.staging, self._locks):
            needed.mkdir(parents=True, exist_ok=True)

    def takes(self, size_bytes: int) -> bool:
        """Whether an object is small enough to be kept at all."""
        return size_bytes <= self._limit_bytes

    def lease(self, ref: ObjectRef) -> Lease | None:
        """The checked copy of an object; None if there is none, or a damaged one.

        Args:
            ref: the object.
        """
        path = place(self._folder, ref.key)
        while True:
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            except OSError:
                return None
            lease = Lease(path, descriptor)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_SH)
                status = os.fstat(descriptor)
                if status.st_nlink == 0:
                    lease.release()
                    continue  # it was removed or replaced between opening and locking
                if (
                    stat.S_ISREG(status.st_mode)
                    and status.st_size == ref.bytes
                    and self._content.sha256(path) == ref.sha256
                ):
                    self._note_use(path, status, ref.sha256)
                    return lease
            except OSError:
                lease.release()
                return None
            except BaseException:
                lease.release()
                raise
            lease.release()
            return None

    @contextlib.contextmanager
    def fetching(self, key: str) -> Iterator[None]:
        """A block in which no thread or process of this machine fetches the same object.

        Args:
            key: of the object.
        """
        number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:2], "big") % _LOCKS
        with self._locked(f"{number:03d}", fcntl.LOCK_EX):
            yield

    def adopt(self, staged: Path, ref: ObjectRef) -> Lease:
        """Take a finished file as the copy of an object.

        Args:
            staged: a file in `staging` or elsewhere on the same disk, with exactly the object's content.
            ref: the object.

        Raises:
            OSError: it cannot be moved.
        """
        path = place(self._folder, ref.key)
        descriptor = os.open(staged, os.O_RDONLY | os.O_CLOEXEC)
        lease = Lease(path, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            self.make_room(ref.bytes)
            # Nobody makes room meanwhile, who could take the new file for the old one that he has locked.
            with self._locked("room", fcntl.LOCK_SH):
                present = self.lease(ref)
                if present is not None:
                    staged.unlink()
                    lease.release()
                    return present
                path.parent.mkdir(parents=True, exist_ok=True)
                if path.is_dir():
                    shutil.rmtree(path)
                staged.replace(path)
                self._content.remember(path, ref.sha256)
            with self._lock:
                self._added_bytes += ref.bytes
            return lease
        except BaseException:
            lease.release()
            raise

    def make_room(self, need_bytes: int = 0) -> None:
        """Remove the copies unused for longest until there is room.

        Args:
            need_bytes: for what comes next.
        """
        with self._lock:
            known = self._held_bytes
            recent = self._added_bytes < self._limit_bytes // _RESCAN_PART
            if known is not None and recent and known + self._added_bytes + need_bytes <= self._limit_bytes:
                return
        self.remove(down_to_bytes=max(self._limit_bytes - need_bytes, 0))

    def remove(self, *, down_to_bytes: int = 0, unused_since_s: float | None = None) -> tuple[int, int]:
        """Remove copies that nobody uses, the one unused for longest first.

        Args:
            down_to_bytes: stop when so much is left.
            unused_since_s: spare copies used after this moment, in seconds since 1970; None spares none.

        Returns:
            How many were removed, and their bytes.
        """
        removed = freed_bytes = 0
        with self._locked("room", fcntl.LOCK_EX):
            copies = sorted(self._copies(), key=lambda copy: copy.used_ns)
            left_bytes = sum(copy.bytes for copy in copies)
            for copy in copies:
                if left_bytes <= down_to_bytes:
                    break
                if unused_since_s is not None and copy.used_ns > unused_since_s * 1e9:
                    break
                if self._remove(copy.path):
                    left_bytes -= copy.bytes
                    freed_bytes += copy.bytes
                    removed += 1
        with self._lock:
            self._held_bytes, self._added_bytes = left_bytes, 0
        return removed, freed_bytes

    def forget(self, key: str) -> None:
        """Remove a copy, unless somebody uses it.

        Args:
            key: of the object.
        """
        path = place(self._folder, key)
        if path.exists():
            with self._locked("room", fcntl.LOCK_EX):
                self._remove(path)

    def held_keys(self) -> dict[str, int]:
        """Keys of all copies, and their bytes."""
        return {copy.path.relative_to(self._folder).as_posix(): copy.bytes for copy in self._copies()}

    def held_bytes(self) -> int:
        """Bytes of all copies now."""
        return sum(copy.bytes for copy in self._copies())

    def _copies(self) -> Iterator[_Copy]:
        for name in sorted(FOLDERS):
            for folder, _, files in os.walk(self._folder / name):
                for file in files:
                    path = Path(folder, file)
                    with contextlib.suppress(OSError):
                        status = path.lstat()
                        yield _Copy(status.st_atime_ns, status.st_size, path)

    def _remove(self, path: Path) -> bool:
        """Remove a copy that nobody holds; the lock named `room` is held."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
        except OSError:
            # A link, or a file that cannot be opened, was never handed out.
            with contextlib.suppress(OSError):
                path.unlink()
                return True
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
        except OSError:
            return False
        finally:
            os.close(descriptor)
        self._content.forget(path)
        with contextlib.suppress(OSError):
            if path.parent.parent != self._folder:
                path.parent.rmdir()
        return True

    def _note_use(self, path: Path, status: os.stat_result, sha256: str) -> None:
        now_ns = time.time_ns()
        if now_ns - status.st_atime_ns < self._used_step_ns:
            return
        with contextlib.suppress(OSError):
            os.utime(path, ns=(now_ns, status.st_mtime_ns))
            # Changing the access time changes the inode, which otherwise would mean that the content is unknown.
            self._content.remember(path, sha256)

    @contextlib.contextmanager
    def _locked(self, name: str, how: int) -> Iterator[None]:
        self._locks.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._locks / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, how)
            yield
        finally:
            os.close(descriptor)
