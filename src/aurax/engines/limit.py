"""How long a call may work, and whether it is still wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aurax.engines.engine import Cancel, cancelled
from aurax.errors import EngineTimeout

Clock = Callable[[], float]
"""Seconds that only grow."""


class Limit:
    """A `Cancel` that is also set when the time is over; time counts only while the engine works."""

    def __init__(self, cancel: Cancel, timeout_s: float, clock: Clock) -> None:
        self._cancel = cancel
        self._timeout_s = timeout_s
        self._clock = clock
        self._worked_s = 0.0
        self._before_try_s = 0.0
        self._since: float | None = None

    @property
    def called_off(self) -> bool:
        """Whether the caller wants no more."""
        return self._cancel.is_set()

    @property
    def worked_s(self) -> float:
        """Time that the engine worked for this call."""
        return self._worked_s + (0.0 if self._since is None else self._clock() - self._since)

    @property
    def try_s(self) -> float:
        """How much of it went into the present try."""
        return self.worked_s - self._before_try_s

    def start_try(self) -> None:
        """A new try begins; the time for the whole call goes on."""
        self._before_try_s = self._worked_s

    @contextmanager
    def running(self) -> Iterator[None]:
        """While the engine works."""
        self._since = self._clock()
        try:
            yield
        finally:
            self._worked_s = self.worked_s
            self._since = None

    def is_set(self) -> bool:
        """Whether the engine should stop."""
        return self.called_off or self.worked_s > self._timeout_s

    def require_time(self, engine: str) -> None:
        """End the call when it was cancelled or its time is over."""
        if self.called_off:
            raise cancelled(engine)
        if self.worked_s > self._timeout_s:
            raise self.too_late(engine)

    def too_late(self, engine: str) -> EngineTimeout:
        """The error at the end of the time."""
        return EngineTimeout(
            f"{engine} to finish within {self._timeout_s:g} s",
            f"{self.worked_s:.0f} s of work without an end",
            "ask for less audio or fewer candidates, choose a smaller engine, or allow more time",
        )
