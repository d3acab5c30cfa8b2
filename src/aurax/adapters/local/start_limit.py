"""When a start has taken too long: by the clock, less the time for which the process had to wait for a processor."""

from __future__ import annotations

import time
from pathlib import Path

from aurax.render.watchdog import processor_s

_LONGEST = 5.0
"""Times the limit, after which a process is given up however busy the machine is."""
_NANOSECONDS = 1e9
_STIR_S = 0.05
"""Processor time that counts as a sign of life."""


class StartLimit:
    """The time in which a process must be ready.

    Args:
        within_s: the limit for a process that gets a processor whenever it wants one.
    """

    def __init__(self, within_s: float) -> None:
        self._began_s = time.monotonic()
        self._within_s = within_s
        self._queued_s = 0.0

    def is_over(self, pid: int | None) -> bool:
        """Whether the time is up; asked again and again.

        Args:
            pid: the process, while it runs.
        """
        if pid is not None:
            self._queued_s = max(self._queued_s, queued_s(pid))
        return self.passed_s >= min(self._within_s + self._queued_s, self._within_s * _LONGEST)

    @property
    def passed_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._began_s


class Stillness:
    """Whether a process that starts has stopped: it says nothing, uses no processor, and waits for none.

    Args:
        within_s: how long that is tolerated.
    """

    def __init__(self, within_s: float) -> None:
        self._within_s = within_s
        self._since_s = time.monotonic()
        self._used_s = 0.0

    def is_over(self, pid: int | None, heard_at_s: float = 0.0) -> bool:
        """Whether it has been still for too long; asked again and again.

        Args:
            pid: the process, while it runs.
            heard_at_s: when it last said something, by the monotonic clock.
        """
        used_s = (processor_s(pid) or 0.0) + queued_s(pid) if pid is not None else 0.0
        if used_s >= self._used_s + _STIR_S:
            self._used_s, self._since_s = used_s, time.monotonic()
        self._since_s = max(self._since_s, heard_at_s)
        return time.monotonic() - self._since_s >= self._within_s


def queued_s(pid: int) -> float:
    """Seconds for which a process's main thread could have run, but had no processor; 0 where that is unknown.

    Args:
        pid: its process id.
    """
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / _NANOSECONDS
    except (OSError, ValueError, IndexError):
        return 0.0
