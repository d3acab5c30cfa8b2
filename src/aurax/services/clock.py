"""Time that no change of the wall clock moves: moments on a machine's own clock, and how long things took by them."""

from __future__ import annotations

import hashlib
import platform
import time
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Moment(NamedTuple):
    """A point in time, by two clocks."""

    clock: str
    """Names the steady clock: this machine since it was started; empty where that is not known."""
    steady_s: float
    """Seconds on that clock; never goes back, and means nothing on another."""
    wall_s: float
    """Seconds since the epoch by the wall clock, which people and servers set forth and back."""


class Stretch(NamedTuple):
    """From one moment to a later one on the same clock."""

    clock: str
    start_s: float
    """On the steady clock; by the wall clock where there is none."""
    end_s: float
    wall_start_s: float


def now() -> Moment:
    """This moment."""
    return Moment(steady_clock(), time.monotonic(), time.time())


@cache
def steady_clock() -> str:
    """Name of the clock that all processes of this machine share until it is restarted."""
    try:
        boot = _BOOT_ID.read_text().strip()
    except OSError:
        boot = platform.node()
    return hashlib.sha256(boot.encode()).hexdigest()[:12]


def elapsed_s(earlier: Moment, later: Moment) -> float:
    """Seconds between two moments; by the wall clock, and at least 0, where they are on different clocks."""
    if earlier.clock and earlier.clock == later.clock:
        return max(0.0, later.steady_s - earlier.steady_s)
    return max(0.0, later.wall_s - earlier.wall_s)


def covered_s(stretches: Iterable[Stretch]) -> float:
    """Seconds in which at least one of several stretches ran; their common time counts once."""
    return _combined(stretches, _union_s)


def extent_s(stretches: Iterable[Stretch]) -> float:
    """Seconds from the beginning of the first to the end of the last of several stretches."""
    return _combined(stretches, _extent_s)


def _combined(stretches: Iterable[Stretch], measure: Callable[[list[tuple[float, float]]], float]) -> float:
    """Measure on each steady clock; several are brought together by the wall clock, as far as that can be believed.

    Clocks of several machines may have run side by side or one after the other: the whole is no less than the longest,
    and no more than the sum.
    """
    known = tuple(one._replace(end_s=max(one.start_s, one.end_s)) for one in stretches)
    if not known:
        return 0.0
    clocks: dict[str, list[tuple[float, float]]] = {}
    for one in known:
        clocks.setdefault(one.clock, []).append((one.start_s, one.end_s))
    each = [measure(sorted(spans)) for spans in clocks.values()]
    if len(each) == 1:
        return each[0]
    wall = measure(sorted((one.wall_start_s, one.wall_start_s + one.end_s - one.start_s) for one in known))
    return min(max(wall, *each), sum(each))


def _union_s(spans: list[tuple[float, float]]) -> float:
    covered, reached = 0.0, float("-inf")
    for start, end in spans:
        covered += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return covered


def _extent_s(spans: list[tuple[float, float]]) -> float:
    return max(end for _, end in spans) - spans[0][0]


def ahead_s(clock_s: float, before_s: float, after_s: float, grain_s: float = 0.0) -> float:
    """By how many seconds another clock is ahead at least; 0 where its time fits between question and answer.

    Args:
        clock_s: what it showed in between, in seconds since the epoch.
        before_s: when it was asked, by this machine's clock.
        after_s: when it had answered.
        grain_s: the unit to which its time was cut.
    """
    return max(0.0, clock_s - after_s) + min(0.0, clock_s + grain_s - before_s)
