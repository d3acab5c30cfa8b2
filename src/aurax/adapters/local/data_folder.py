"""The data folder: made where it is missing, refused where it cannot be used."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from aurax.errors import InvalidOption, StorageFull
from aurax.settings import Settings


def open_data_folder(settings: Settings) -> Path:
    """Make the data folder if it is missing and prove that it can be written.

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
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull("room for the data folder", f"none left at {folder}", "free some room") from error
        raise InvalidOption(
            f"{folder} to be a folder that can be written",
            error.strerror or str(error),
            "move away what is there, or set AURAX_DATA_DIR to another folder",
        ) from error
    return folder
