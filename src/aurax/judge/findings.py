"""Writing findings down: numbers that survive JSON, and bars as people count them."""

from __future__ import annotations

import math
from collections.abc import Iterable

from aurax.judge.verdict import Check, Layer, Where

_MOST_BARS = 32


def finding(
    name: str,
    layer: Layer,
    *,
    expected: float | str,
    measured: float | str | None,
    passed: bool,
    bars: Iterable[int] = (),
    stem: str | None = None,
) -> Check:
    """One check.

    Args:
        name: the criterion, with a detail after a colon where it judges several things.
        layer: what to redo if it failed.
        expected: what would be right, in words or as a number.
        measured: what was found; numbers are rounded, infinite ones become words, because JSON has none.
        passed: whether it is right.
        bars: where it is wrong, counted from 0; at most 32 are kept.
        stem: which stem is wrong.
    """
    places = tuple(bar + 1 for bar in sorted(set(bars))[:_MOST_BARS])
    return Check(
        name=name,
        layer=layer,
        expected=_plain(expected),
        measured=None if measured is None else _plain(measured),
        passed=bool(passed),
        where=Where(bars=places, stem=stem),
    )


def _plain(value: float | str) -> float | str:
    if isinstance(value, str):
        return value
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "silence" if value < 0 else "infinite"
    return round(float(value), 3)
