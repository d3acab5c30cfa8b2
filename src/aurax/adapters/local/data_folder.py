"""The data folder: made where it is missing, refused where it cannot be used."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from aurax.adapters.local.claims import Claims
from aurax.errors import InvalidOption, StorageFull
from aurax.settings import Settings


def open_data_folder(settings: Settings) -> Path:
    """Make the data folder if it is missing, prove that it can be written, and sweep what killed commands left.

    Args:
        settings: names it.

    Raises:
        InvalidOption: something else is there, or it cannot be written.
        StorageFull: no room for even an empty file.
    """
    folder = settings.data_dir
    probe = folder / f".probe-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"probe")
        probe.unlink()
    except OSError as error:
        raise storage_error(error, folder) from error
    Claims(settings.claims_dir).sweep()
    return folder


def storage_error(error: OSError, folder: Path) -> StorageFull | InvalidOption:
    """What a failed write into the data folder means.

    Args:
        error: of the operating system.
        folder: where it happened.
    """
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StorageFull(f"room in {folder}", "none left", "free some room there and run it again")
    return InvalidOption(
        f"{folder} to be a folder that can be written",
        error.strerror or str(error),
        "move away what is there, or set AURAX_DATA_DIR to another folder",
    )
