"""Empty bars: something sounds in every bar, unless the plan has nobody play there."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.notes import planned_rests, sounding_bars
from aurax.judge.verdict import Check
from aurax.score.role import Role

_BEDS: tuple[Role, ...] = ("texture",)


def judge(evidence: Evidence) -> Sequence[Check]:
    """Find bars in which no instrument sounds; noise beds do not count. The last bar may be the ending's tail."""
    plan = evidence.score.plan
    expected = set(range(plan.bars - 1 if plan.bars > 1 else plan.bars)) - planned_rests(plan)
    empty = expected - sounding_bars(evidence.score, leaving_out=_BEDS)
    return [finding("empty_bars", "score", high=0, measured=len(empty), unit="empty bars", bars=empty)]


CRITERIA = (
    Criterion(
        name="empty_bars",
        kind="symbolic",
        layer="score",
        required=True,
        weight=2.0,
        judge=judge,
        description="Something sounds in every bar.",
    ),
)
