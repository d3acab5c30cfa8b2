"""Reading how far a check missed, from the words in which a criterion says what it expected."""

from __future__ import annotations

import re

from aurax.judge.verdict import Check

_NUMBER = r"([-−+]?\d+(?:\.\d+)?)"
_RANGE = re.compile(rf"{_NUMBER} to {_NUMBER}")
_AROUND = re.compile(rf"{_NUMBER} ±")
_AT_MOST = re.compile(rf"at most {_NUMBER}")
_AT_LEAST = re.compile(rf"at least {_NUMBER}")


def excess(check: Check) -> float | None:
    """How far the measured value lies above (positive) or below (negative) what was expected.

    Understood are plain numbers and the words of the criteria: `-14 to -5 dB`, `-5 ±1.5 dB per octave`,
    `at most 2 LU`, `at least 0`. From a range it is the distance to the nearer end, else to the number itself.

    Returns:
        None where no number was measured or expected; 0 where the value is as expected.
    """
    if isinstance(check.measured, str) or check.measured is None:
        return None
    bounds = _bounds(check.expected)
    if bounds is None:
        return None
    low, high = bounds
    return check.measured - max(low, min(high, check.measured))


def _bounds(expected: float | str) -> tuple[float, float] | None:
    if not isinstance(expected, str):
        return float(expected), float(expected)
    if found := _RANGE.search(expected):
        return _number(found[1]), _number(found[2])
    if found := _AROUND.search(expected):
        return _number(found[1]), _number(found[1])
    if found := _AT_MOST.search(expected):
        return float("-inf"), _number(found[1])
    if found := _AT_LEAST.search(expected):
        return _number(found[1]), float("inf")
    return None


def _number(text: str) -> float:
    return float(text.replace("−", "-"))
