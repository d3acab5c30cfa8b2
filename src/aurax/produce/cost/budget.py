"""Budgets: refusals before anything is spent, and how many candidates and takes fit."""

from __future__ import annotations

from collections.abc import Callable

from aurax.errors import BudgetExceeded
from aurax.produce.cost.money import from_micro_usd, to_micro_usd, usd_text

CostOf = Callable[[int, int], float]
"""Takes numbers of candidates and takes; returns the most that such a song is expected to cost, in dollars."""


def fit_to_budget(
    cost_of: CostOf, *, candidates: int, takes: int, budget_usd: float | None, what: str = "a song"
) -> tuple[int, int]:
    """Choose how many candidates and takes to make within a budget.

    Takes are given up first, down to one: another take is made only when the first fell short, while candidates make
    the first one better. Then candidates are given up, down to one.

    Args:
        cost_of: what so many candidates and takes cost; more must not cost less.
        candidates: how many are wanted.
        takes: how many are wanted at most.
        budget_usd: what the song may cost; None for no limit.
        what: for the message, such as `a song by musicgen-large`.

    Returns:
        Candidates and takes, each at least 1 and at most as many as wanted.

    Raises:
        BudgetExceeded: not even one candidate and one take fit.
        InvalidOption: the budget is negative or no number.
    """
    if budget_usd is None:
        return candidates, takes
    budget = to_micro_usd(budget_usd)
    choices = [(candidates, number) for number in range(takes, 0, -1)]
    choices += [(number, 1) for number in range(candidates - 1, 0, -1)]
    for choice in choices:
        if to_micro_usd(cost_of(*choice)) <= budget:
            return choice
    least_usd = cost_of(1, 1)
    raise BudgetExceeded(
        f"a budget that pays for one candidate and one take of {what}, up to {usd_text(least_usd)}",
        usd_text(budget_usd),
        f"give --budget {_rounded_up(least_usd)} or more, ask for a shorter song, or choose a cheaper engine",
    )


def budget_exceeded(what: str, estimate_micro_usd: int, spent_micro_usd: int, budget_micro_usd: int) -> BudgetExceeded:
    """The refusal of a call that a song's budget does not pay for.

    Args:
        what: the call, in a few words.
        estimate_micro_usd: the most that it is expected to cost.
        spent_micro_usd: spent or reserved for the song already.
        budget_micro_usd: what the song may cost in all.
    """
    left = max(0, budget_micro_usd - spent_micro_usd)
    return BudgetExceeded(
        f"up to {_text(estimate_micro_usd)} for {what} within the song's budget",
        f"{_text(left)} left of {_text(budget_micro_usd)}",
        "raise --budget, ask for a shorter song, or choose a cheaper engine; nothing was spent on this call",
    )


def monthly_cap_exceeded(
    what: str, estimate_micro_usd: int, spent_micro_usd: int, cap_micro_usd: int, month: str
) -> BudgetExceeded:
    """The refusal of a call that the month's cap does not pay for.

    Args:
        what: the call, in a few words.
        estimate_micro_usd: the most that it is expected to cost.
        spent_micro_usd: spent or reserved in that month already.
        cap_micro_usd: what all calls of the month may cost.
        month: such as `2026-11`.
    """
    left = max(0, cap_micro_usd - spent_micro_usd)
    return BudgetExceeded(
        f"up to {_text(estimate_micro_usd)} for {what} within the cap of {month}",
        f"{_text(left)} left of {_text(cap_micro_usd)}",
        "raise AURAX_MONTHLY_CAP_USD or wait for the next month; nothing was spent on this call",
    )


def personal_limit_exceeded(
    what: str, estimate_micro_usd: int, spent_micro_usd: int, limit_micro_usd: int, month: str
) -> BudgetExceeded:
    """The refusal of a call that a person's limit of dollars a month does not pay for.

    Args:
        what: the call, in a few words.
        estimate_micro_usd: the most that it is expected to cost.
        spent_micro_usd: spent or reserved for the person in that month already.
        limit_micro_usd: what paid calls for the person may cost in a month.
        month: such as `2026-11`.
    """
    left = max(0, limit_micro_usd - spent_micro_usd)
    return BudgetExceeded(
        f"up to {_text(estimate_micro_usd)} for {what} within the person's limit of {month}",
        f"{_text(left)} left of {_text(limit_micro_usd)}",
        "wait for the next month, ask for a cheaper song, or ask the operator for more; nothing was spent on this call",
    )


def _text(amount_micro_usd: int) -> str:
    return usd_text(from_micro_usd(amount_micro_usd))


def _rounded_up(amount_usd: float) -> str:
    return f"{-(-to_micro_usd(amount_usd) // 1000) / 1000:.3f}"
