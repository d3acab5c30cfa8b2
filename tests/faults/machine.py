"""Faults of the machine: small and read-only disks, and clocks that jump. They need Linux, and root for the disks."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def can_mount() -> bool:
    """Whether this process may mount a file system."""
    return os.geteuid() == 0 and Path("/proc/self/mountinfo").exists()


@contextmanager
def small_disk(place: Path, size_mb: int) -> Iterator[None]:
    """A disk of a given size at a place, while inside."""
    place.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=0755", "tmpfs", str(place)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=False)


def make_read_only(place: Path) -> None:
    """Let nobody write to a small disk any more."""
    subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)


def fake_clock_library() -> Path | None:
    """libfaketime (Debian's package `faketime`), which moves the wall clock of one process; None when absent."""
    return next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)


def jumping_clock(library: Path, clock: Path) -> dict[str, str]:
    """Variables that make a process read its wall clock's offset, such as `+3d`, from a file.

    Monotonic clocks stay as they are: that is what a clock that is set does.

    Args:
        library: libfaketime.
        clock: the file; write another offset into it to let the clock jump.
    """
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
