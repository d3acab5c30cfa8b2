"""A new file next to its target, so that what is written appears there complete or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def new_file_next_to(path: Path) -> Path:
    """Make an empty hidden file in the folder of `path`, with its suffix and the permissions that the umask allows.

    Args:
        path: where the finished file will be; its folder exists.

    Raises:
        OSError: the file cannot be made.
    """
    temporary = path.with_name(f".{secrets.token_hex(8)}{path.suffix}")
    # tempfile would close it to others even where the umask would not.
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666))
    return temporary
