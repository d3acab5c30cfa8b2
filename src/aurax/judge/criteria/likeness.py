"""Likeness: what became of "like X"?"""

from __future__ import annotations

from collections.abc import Sequence

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.verdict import Check
from aurax.judge.weights import FIDELITY_WEIGHTS
from aurax.judge.wishes import judge_fates


def judge(evidence: Evidence) -> Sequence[Check]:
    """Nobody is copied: a known name lends general traits, which count in part, an unknown one nothing.

    Generated audio is not judged: the generator was told the words, and nothing here can hear whether it followed.
    """
    return judge_fates(evidence, "likeness")


CRITERIA = (
    Criterion(
        name="likeness",
        kind="contract",
        layer="plan",
        required=True,
        weight=FIDELITY_WEIGHTS["likeness"],
        judge=judge,
        description="The song has the traits of whom it should be like.",
    ),
)
