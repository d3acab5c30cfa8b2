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
    """Find bars in which no instrument sounds; noise beds do not count, unless nothing else was asked for.

    The last bar may be the ending's tail. Where only some instruments may play, one or two bars without them are a
    rest, as soloists and drummers take it; three in a row are a hole.
    """
    plan = evidence.score.plan
    alone = evidence.intent.only_wanted
    beds = () if alone and all(track.role in _BEDS for track in evidence.score.tracks) else _BEDS
    expected = set(range(plan.bars - 1 if plan.bars > 1 else plan.bars)) - planned_rests(plan)
    empty = expected - sounding_bars(evidence.score, leaving_out=beds)
    if alone:
        empty = {
            bar for bar in empty if any(set(range(first, first + 3)) <= empty for first in (bar - 2, bar - 1, bar))
        }
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
