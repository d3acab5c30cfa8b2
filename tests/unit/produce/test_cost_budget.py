from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurax.errors import BudgetExceeded, InvalidOption
from aurax.produce.cost.budget import budget_exceeded, fit_to_budget, monthly_cap_exceeded


def ten_cents_each(candidates: int, takes: int) -> float:
    return 0.1 * candidates * takes


@pytest.mark.parametrize(
    ("budget", "chosen"),
    [
        (None, (3, 3)),
        (5.0, (3, 3)),
        (0.9, (3, 3)),
        (0.89, (3, 2)),
        (0.6, (3, 2)),
        (0.35, (3, 1)),
        (0.2, (2, 1)),
        (0.1, (1, 1)),
    ],
)
def test_takes_are_given_up_before_candidates(budget: float | None, chosen: tuple[int, int]) -> None:
    assert fit_to_budget(ten_cents_each, candidates=3, takes=3, budget_usd=budget) == chosen


def test_a_budget_for_not_even_one_candidate_is_refused_with_what_it_takes() -> None:
    with pytest.raises(BudgetExceeded) as refusal:
        fit_to_budget(ten_cents_each, candidates=3, takes=3, budget_usd=0.05, what="a song by musicgen-large")
    assert "a song by musicgen-large, up to $0.10" in refusal.value.expected
    assert refusal.value.found == "$0.05"
    assert "--budget 0.100" in refusal.value.fix


def test_the_budget_that_a_refusal_names_suffices() -> None:
    def odd(candidates: int, takes: int) -> float:
        return 0.1234567 * candidates * takes

    with pytest.raises(BudgetExceeded) as refusal:
        fit_to_budget(odd, candidates=2, takes=2, budget_usd=0.12)
    named = float(refusal.value.fix.split("--budget ")[1].split()[0])
    assert fit_to_budget(odd, candidates=2, takes=2, budget_usd=named) == (1, 1)


def test_free_songs_fit_into_no_budget_at_all() -> None:
    assert fit_to_budget(lambda candidates, takes: 0.0, candidates=4, takes=2, budget_usd=0.0) == (4, 2)


@pytest.mark.parametrize("budget", [-1.0, float("nan")])
def test_impossible_budgets_are_refused(budget: float) -> None:
    with pytest.raises(InvalidOption):
        fit_to_budget(ten_cents_each, candidates=1, takes=1, budget_usd=budget)


@given(st.integers(1, 8), st.integers(1, 9), st.floats(0.1, 10.0))
def test_what_is_chosen_fits_and_is_no_more_than_wanted(candidates: int, takes: int, budget: float) -> None:
    chosen = fit_to_budget(ten_cents_each, candidates=candidates, takes=takes, budget_usd=budget)
    assert ten_cents_each(*chosen) <= budget + 1e-6
    assert 1 <= chosen[0] <= candidates
    assert 1 <= chosen[1] <= takes


def test_refusals_say_what_is_left_and_what_to_do() -> None:
    song = budget_exceeded("musicgen-large", 300_000, 450_000, 600_000)
    assert (song.expected, song.found) == (
        "up to $0.30 for musicgen-large within the song's budget",
        "$0.15 left of $0.60",
    )
    assert "--budget" in song.fix
    month = monthly_cap_exceeded("musicgen-large", 300_000, 10_100_000, 10_000_000, "2026-11")
    assert month.found == "$0 left of $10.00"
    assert "AURAX_MONTHLY_CAP_USD" in month.fix
    assert not song.retryable
    assert not month.retryable
