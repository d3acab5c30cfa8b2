"""Mood: does the plan carry what each mood word asks of playing and sound?"""

from __future__ import annotations

from collections.abc import Sequence

from aurax.judge.bent import judge_words
from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.verdict import Check
from aurax.judge.weights import FIDELITY_WEIGHTS


def judge(evidence: Evidence) -> Sequence[Check]:
    """Compare the plan's character with what was read; whether a listener hears it so is not measured."""
    return judge_words(evidence, "mood")


CRITERIA = (
    Criterion(
        name="mood",
        kind="contract",
        layer="plan",
        required=True,
        weight=FIDELITY_WEIGHTS["mood"],
        judge=judge,
        description="The plan carries what each mood word changes.",
    ),
)
