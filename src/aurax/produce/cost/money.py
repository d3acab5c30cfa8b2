"""Dollars as whole micro-dollars, in which sums are exact, and as text."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

from aurax.errors import InvalidOption

MICRO_PER_USD = 1_000_000


def to_micro_usd(amount_usd: float | Decimal) -> int:
    """Whole micro-dollars, halves rounded up; whatever is not free costs at least one.

    Args:
        amount_usd: an amount, not negative. A float counts as the shortest number that reads back as it.

    Raises:
        InvalidOption: the amount is negative, infinite or no number.
    """
    if not math.isfinite(amount_usd) or amount_usd < 0:
        raise InvalidOption("an amount of dollars, 0 or more", f"{amount_usd}", "correct it")
    exact = amount_usd if isinstance(amount_usd, Decimal) else Decimal(repr(float(amount_usd)))
    rounded = int((exact * MICRO_PER_USD).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    return max(rounded, 1) if exact > 0 else 0


def from_micro_usd(amount_micro_usd: int) -> float:
    """Dollars."""
    return float(Decimal(amount_micro_usd) / MICRO_PER_USD)


def usd_text(amount_usd: float) -> str:
    """An amount as people read it: cents, or two digits of a smaller amount."""
    if amount_usd == 0:
        return "$0"
    if amount_usd < 5e-7:
        return "<$0.000001"
    places = 2 if amount_usd >= 0.1 else min(6, 1 - math.floor(math.log10(amount_usd)))
    whole, cents = f"{amount_usd:.{places}f}".split(".")
    return f"${whole}.{cents[:2]}{cents[2:].rstrip('0')}"
