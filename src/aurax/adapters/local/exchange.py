"""Two paths change places in one step, where the system can do that."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
"""Flag of renameat2(2) on Linux."""
_RENAME_SWAP = 2
"""Flag of renamex_np(2) on macOS."""
_UNSUPPORTED = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP})


def exchange(first: Path, second: Path) -> bool:
    """Let two existing paths change places, so that neither is ever missing.

    Args:
        first: a file or folder.
        second: another one on the same file system.

    Returns:
        Whether it was done; False where the system or the file system cannot, and then nothing has changed.

    Raises:
        OSError: it failed for another reason, such as a path that is gone.
    """
    paths = os.fsencode(first), os.fsencode(second)
    library = ctypes.CDLL(None, use_errno=True)
    try:
        if sys.platform == "darwin":
            status = library.renamex_np(*paths, ctypes.c_uint(_RENAME_SWAP))
        else:
            status = library.renameat2(_AT_FDCWD, paths[0], _AT_FDCWD, paths[1], ctypes.c_uint(_RENAME_EXCHANGE))
    except AttributeError:
        return False
    if status == 0:
        return True
    number = ctypes.get_errno()
    if number in _UNSUPPORTED:
        return False
    raise OSError(number, os.strerror(number), str(second))
