"""Where an object's file is on this machine."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from aurax.errors import CorruptData
from aurax.text import is_safe_path

_ABANDONED_S = 24 * 3600.0
"""A file that has been half-made for this long belongs to a process that died."""


def place(root: Path, key: str) -> Path:
    """The file of a key, inside a folder whatever the key or a link in the way says.

    Args:
        root: the folder.
        key: of the object.

    Raises:
        CorruptData: the key leads outside.
    """
    path = root / key
    if not is_safe_path(key) or not path.resolve().is_relative_to(root.resolve()):
        raise CorruptData(f"a key inside the store at {root}", repr(key), "delete what names it")
    return path


def sweep(staging: Path) -> None:
    """Remove half-made files that nobody makes any more.

    Args:
        staging: their folder.
    """
    oldest = time.time() - _ABANDONED_S
    for path in staging.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < oldest:
                path.unlink()
