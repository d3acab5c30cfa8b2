"""The data folder: made where it is missing, refused where it cannot be used, closed to everybody but its owner."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from aurax.adapters.local.claims import Claims
from aurax.adapters.local.disk_space import storage_error
from aurax.adapters.local.private import make_private
from aurax.errors import InvalidOption
from aurax.settings import Settings


def open_data_folder(settings: Settings) -> Path:
    """Make the data folder if it is missing, close it to others, prove that it can be written, and sweep it.

    A folder that others could enter is closed with everything in it. What killed commands left is removed.

    Args:
        settings: names it.

    Raises:
        InvalidOption: something else is there, it is shared by everybody, or it cannot be written.
        StorageFull: no room for even an empty file.
    """
    folder = settings.data_dir
    probe = folder / f".probe-{os.getpid()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_not_shared(folder)
        make_private(folder)
        probe.write_bytes(b"probe")
        probe.unlink()
    except OSError as error:
        raise storage_error(error, folder) from error
    Claims(settings.claims_dir).sweep()
    return folder


def _check_not_shared(folder: Path) -> None:
    shared = {Path(folder.anchor), Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), Path(tempfile.gettempdir())}
    if folder.resolve() in {one.resolve() for one in (*shared, Path.home())}:
        raise InvalidOption(
            f"{folder} to be a folder of AURA-X's own", "one that holds other things", "name a new folder inside it"
        )
