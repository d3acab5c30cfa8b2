from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurax.errors import InvalidOption
from aurax.produce.cost.money import from_micro_usd, to_micro_usd, usd_text


@pytest.mark.parametrize(
    ("usd", "micro"),
    [
        (0.0, 0),
        (0.1, 100_000),
        (0.6, 600_000),
        (0.0000005, 1),
        (0.00000149, 1),
        (0.0000015, 2),
        (Decimal("0.2"), 200_000),
    ],
)
def test_dollars_become_whole_micro_dollars_with_halves_rounded_up(usd: float | Decimal, micro: int) -> None:
    assert to_micro_usd(usd) == micro


def test_what_is_not_free_costs_at_least_one_micro_dollar() -> None:
    assert to_micro_usd(1e-12) == 1


@given(st.integers(min_value=0, max_value=10**12))
def test_micro_dollars_survive_the_way_to_dollars_and_back(micro: int) -> None:
    assert to_micro_usd(from_micro_usd(micro)) == micro


@pytest.mark.parametrize("usd", [-0.01, float("nan"), float("inf"), Decimal("NaN")])
def test_impossible_amounts_are_refused(usd: float | Decimal) -> None:
    with pytest.raises(InvalidOption, match="0 or more"):
        to_micro_usd(usd)


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        (0.0, "$0"),
        (12.345, "$12.35"),
        (0.6, "$0.60"),
        (0.0999, "$0.10"),
        (0.0411, "$0.041"),
        (0.01, "$0.01"),
        (0.00052, "$0.00052"),
        (0.000001, "$0.000001"),
        (1e-9, "<$0.000001"),
    ],
)
def test_amounts_are_written_with_cents_or_two_digits(usd: float, text: str) -> None:
    assert usd_text(usd) == text
