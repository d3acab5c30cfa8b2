"""The data folder belongs to one person alone; delivered folders follow the person's own umask."""

from __future__ import annotations

import contextlib
import os
import stat
import threading
from pathlib import Path

_lock = threading.Lock()
_person_umask: int | None = None


def keep_files_private() -> None:
    """From now on, what this process and its children create can be read by its owner alone."""
    global _person_umask
    with _lock:
        found = os.umask(0o077)
        if _person_umask is None:
            _person_umask = found


def person_umask() -> int:
    """The umask with which this process was started; delivered files follow it."""
    with _lock:
        if _person_umask is not None:
            return _person_umask
        found = os.umask(0o077)
        os.umask(found)
        return found


def make_private(folder: Path) -> None:
    """Let nobody but the owner enter a folder that this user owns; if others could, close everything in it too.

    Args:
        folder: an existing folder.

    Raises:
        OSError: it cannot be looked at.
    """
    found = folder.stat()
    if found.st_uid != os.geteuid() or not stat.S_IMODE(found.st_mode) & 0o077:
        return
    with contextlib.suppress(OSError):
        folder.chmod(stat.S_IMODE(found.st_mode) & 0o700)
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(place) / name
            with contextlib.suppress(OSError):
                if not path.is_symlink():
                    path.chmod(stat.S_IMODE(path.lstat().st_mode) & 0o700)
