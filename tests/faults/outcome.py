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
        orphans: processes that stayed, and objects that no row names.
        litter: partial files and folders that stayed.
        note: what to look at when it went wrong.
        backend: where rows and objects were.
        songs: how many songs are there too often or not at all.
        events: how many events were lost, are there twice, or should not be there.
        unstored: rows of objects that are not there.
        reservations: calls in the ledger that neither ended nor failed.
        late: whether the song had ended before the fault, so that the round says nothing.
        number: of the round.
        before: what was found when it was carried out for the first time, where it was repeated.
    """

    fault: str
    verdict: Verdict
    delay_s: float
    orphans: int = 0
    litter: int = 0
    note: str = ""
    backend: str = ""
    songs: int = 0
    events: int = 0
    unstored: int = 0
    reservations: int = 0
    late: bool = False
    number: int = -1
    before: str = ""

    @property
    def good(self) -> bool:
        """Whether nothing was lost, wrong or left behind."""
        left = self.orphans + self.litter + self.songs + self.events + self.unstored + self.reservations
        return self.verdict in ("survived", "refused") and not left


HEADER = (
    "fault",
    "backend",
    "trials",
    "too late",
    "same song",
    "clear error",
    "lost",
    "wrong hash",
    "songs too few or many",
    "events lost or doubled",
    "orphans",
    "rows without object",
    "open reservations",
    "litter",
    "delay, median",
    "delay, worst",
)


def rows(outcomes: Sequence[Outcome]) -> list[tuple[str, ...]]:
    """The table's rows: one a fault and backend, one a backend, and one for all."""
    kinds = sorted({(outcome.fault, outcome.backend) for outcome in outcomes})
    backends = list(dict.fromkeys(outcome.backend for outcome in outcomes))
    found = [
        _row(fault, backend, [one for one in outcomes if (one.fault, one.backend) == (fault, backend)])
        for fault, backend in kinds
    ]
    if len(backends) > 1:
        found += [_row("all", one, [each for each in outcomes if each.backend == one]) for one in backends]
    return [*found, _row("all", "both" if len(backends) > 1 else "".join(backends), outcomes)]


def as_json(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """Every trial, as JSON values."""
    return [asdict(outcome) for outcome in outcomes]


def _row(name: str, backend: str, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    delays = [outcome.delay_s for outcome in outcomes]

    def count(verdict: Verdict) -> str:
        return str(sum(outcome.verdict == verdict for outcome in outcomes))

    counted = ("songs", "events", "orphans", "unstored", "reservations", "litter")
    return (
        name,
        backend,
        str(len(outcomes)),
        str(sum(outcome.late for outcome in outcomes)),
        count("survived"),
        count("refused"),
        count("lost"),
        count("wrong"),
        *(str(sum(getattr(outcome, what) for outcome in outcomes)) for what in counted),
        f"{statistics.median(delays):.1f} s",
        f"{max(delays):.1f} s",
    )
