"""When a start has taken too long: by the clock, but not while the machine is merely slow."""

from __future__ import annotations

import time

from aurax.render.watchdog import processor_s

_STRETCH_S = 5.0
_BUSY_SHARE = 0.03
"""Of one core; a process that waits for another one uses less, one that loads its parts on a busy machine more."""
_LONGEST = 5.0
"""Times the limit, after which even a busy process is given up."""


class StartLimit:
    """The time in which a process must be ready.

    Args:
        within_s: the limit for a process that waits or is stopped.
    """

    def __init__(self, within_s: float) -> None:
        self._began_s = time.monotonic()
        self._within_s = within_s
        self._deadline_s = self._began_s + within_s
        self._used_s: float | None = None
        self._looked_at_s = self._began_s

    def is_over(self, pid: int | None) -> bool:
        """Whether the time is up; asked again and again.

        Args:
            pid: the process, while it runs.
        """
        now = time.monotonic()
        if now - self._looked_at_s >= _STRETCH_S:
            used_s = processor_s(pid) if pid is not None else None
            if used_s is not None and self._used_s is not None:
                busy = (used_s - self._used_s) / (now - self._looked_at_s) >= _BUSY_SHARE
                latest_s = self._began_s + self._within_s * _LONGEST
                if busy:
                    self._deadline_s = min(max(self._deadline_s, now + 2 * _STRETCH_S), latest_s)
            self._used_s, self._looked_at_s = used_s, now
        return now >= self._deadline_s

    @property
    def passed_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._began_s
