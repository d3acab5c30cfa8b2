"""What became of one fault, and the table of many."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Verdict = Literal["survived", "refused", "lost", "wrong"]
"""`survived`: the same song was delivered. `refused`: a clear error was given and nothing was delivered, as it should
be. `lost`: neither song nor clear error. `wrong`: something else was delivered."""


@dataclass(frozen=True)
class Outcome:
    """One trial.

    Args:
        fault: what was done, such as `kill worker`.
        verdict: what became of the song.
        delay_s: how much longer than an undisturbed song it took until the song or the error was there.
        orphans: processes and objects that stayed.
        litter: partial files and folders that stayed.
        note: what to look at when it went wrong.
    """

    fault: str
    verdict: Verdict
    delay_s: float
    orphans: int = 0
    litter: int = 0
    note: str = ""

    @property
    def good(self) -> bool:
        """Whether nothing was lost, wrong or left behind."""
        return self.verdict in ("survived", "refused") and not self.orphans and not self.litter


HEADER = (
    "fault",
    "trials",
    "same song",
    "clear error",
    "lost",
    "wrong hash",
    "orphans",
    "litter",
    "delay, median",
    "delay, worst",
)


def rows(outcomes: Sequence[Outcome]) -> list[tuple[str, ...]]:
    """The table's rows: one a fault, and one for all."""
    names = list(dict.fromkeys(outcome.fault for outcome in outcomes))
    return [_row(name, [one for one in outcomes if one.fault == name]) for name in names] + [_row("all", outcomes)]


def as_json(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """Every trial, as JSON values."""
    return [asdict(outcome) for outcome in outcomes]


def _row(name: str, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    delays = [outcome.delay_s for outcome in outcomes]

    def count(verdict: Verdict) -> str:
        return str(sum(outcome.verdict == verdict for outcome in outcomes))

    return (
        name,
        str(len(outcomes)),
        count("survived"),
        count("refused"),
        count("lost"),
        count("wrong"),
        str(sum(outcome.orphans for outcome in outcomes)),
        str(sum(outcome.litter for outcome in outcomes)),
        f"{statistics.median(delays):.1f} s",
        f"{max(delays):.1f} s",
    )
