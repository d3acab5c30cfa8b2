"""Room for a song in the folders that AURA-X keeps: asked before it begins, looked at while it makes no progress."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from pathlib import Path

from aurax.errors import InvalidOption, StorageFull
from aurax.settings import Settings

_BYTES_PER_SECOND = 4_000_000
"""Of a song that is being made: stored stems, mix and master as 24-bit FLAC, rendered clips, databases, and files being
written. A three-minute song left 300 MB, more than half of it while it was made."""
_PROBE_BYTES = 256 * 1024


def check_disk_space(settings: Settings, duration_s: float) -> None:
    """Refuse a song early when the data folder, or the store's folder on another disk, cannot hold it.

    Args:
        settings: where the folders are, and the least that must be free.
        duration_s: the song's length.

    Raises:
        StorageFull: fewer bytes are free than a song of that length may need.
    """
    needed = settings.minimal_room_bytes + int(duration_s * _BYTES_PER_SECOND)
    for folder in (settings.data_dir, *_stores(settings)):
        free = shutil.disk_usage(folder).free if folder.is_dir() else needed
        if free < needed:
            raise StorageFull(
                f"about {needed / 1e6:.0f} MB of free disk for this song",
                f"{free / 1e6:.0f} MB in {folder}",
                "free some room there, set AURAX_DATA_DIR to another disk, or ask for a shorter song",
            )


def require_disk_space(settings: Settings) -> None:
    """Prove that every folder a song is written to can take some more.

    Args:
        settings: where the folders are.

    Raises:
        StorageFull: one is full.
        InvalidOption: one cannot be written.
    """
    for folder in (
        settings.data_dir,
        settings.clips_dir,
        settings.staging_dir,
        settings.cache_dir,
        settings.run_dir,
        *_stores(settings),
    ):
        if folder.is_dir():
            _probe(folder)


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


def _probe(folder: Path) -> None:
    probe = folder / f".probe-{os.getpid()}"
    try:
        with probe.open("wb") as file:
            file.write(bytes(_PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise storage_error(error, folder) from error
    finally:
        with contextlib.suppress(OSError):
            probe.unlink()


def _stores(settings: Settings) -> tuple[Path, ...]:
    """The object store's folder, where it is one."""
    location = settings.objects_location.removeprefix("file://")
    return () if "://" in location else (Path(location),)
