"""The data folder belongs to one person alone; delivered folders follow the person's own umask."""

from __future__ import annotations

import os
import threading

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
