"""Writing findings down: numbers that survive JSON, and bars as people count them."""

from __future__ import annotations

import math
from collections.abc import Iterable

from aurax.intent.contract import Requirement
from aurax.judge.verdict import Check, Layer, Where

_MOST_BARS = 32


def finding(
    name: str,
    layer: Layer,
    *,
    measured: float | str | None,
    low: float | None = None,
    high: float | None = None,
    target: str = "",
    unit: str = "",
    passed: bool | None = None,
    note: str = "",
    bars: Iterable[int] = (),
    stem: str | None = None,
    promise: Requirement | None = None,
    credit: float = 0.0,
    curable: bool = True,
) -> Check:
    """One check.

    Args:
        name: the criterion, with a detail after a colon where it judges several things.
        layer: what to redo if it failed.
        measured: what was found; numbers are rounded, infinite ones become words, because JSON has none.
        low: least number that passes; None where there is no lower bound.
        high: greatest number that passes; None where there is no upper bound.
        target: what would be right where no number says it, in a word or two: `A minor`.
        unit: of all three numbers, as the contract writes units: `lufs`, `db`, `bpm`, `bars`.
        passed: whether it is right; None asks the bounds, and what is no number then fails.
        note: what else was found, for people; no program reads it.
        bars: where it is wrong, counted from 0; at most 32 are kept, none of a check that passed.
        stem: which stem it is about.
        promise: the requirement that it judges; what a person asked for belongs to the verdict's fidelity.
        credit: how much of it counts although it failed, 0 to 1.
        curable: whether another take can pass it.
    """
    if passed is None:
        passed = _is_within(measured, low, high)
    places = () if passed else tuple(bar + 1 for bar in sorted(set(bars))[:_MOST_BARS])
    asked = promise is not None and promise.is_asked
    return Check(
        name=name,
        layer=layer,
        low=_bound(low),
        high=_bound(high),
        target=target,
        measured=_plain(measured),
        unit=unit,
        passed=bool(passed),
        note=note,
        where=Where(bars=places, stem=stem),
        part="fidelity" if asked else "quality",
        credit=credit,
        curable=curable,
        wish=promise.wish if promise is not None else None,
    )


def _is_within(measured: float | str | None, low: float | None, high: float | None) -> bool:
    """Whether a number lies within its bounds; not a number lies nowhere."""
    if measured is None or isinstance(measured, str) or math.isnan(measured):
        return False
    return (low is None or measured >= low) and (high is None or measured <= high)


def _bound(value: float | None) -> float | None:
    """A bound as JSON can hold it; one that was measured of broken audio is no bound."""
    return None if value is None or not math.isfinite(value) else round(float(value), 3)


def _plain(value: float | str | None) -> float | str | None:
    if value is None or isinstance(value, str):
        return value
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "silence" if value < 0 else "infinite"
    return round(float(value), 3)
