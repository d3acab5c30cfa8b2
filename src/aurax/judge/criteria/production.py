"""Production: does the plan carry what each word about the sound asks of mix and master?"""

from __future__ import annotations

from collections.abc import Sequence

from aurax.judge.bent import judge_words
from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.verdict import Check
from aurax.judge.weights import FIDELITY_WEIGHTS


def judge(evidence: Evidence) -> Sequence[Check]:
    """Compare the plan's character with what was read; whether a listener hears it so is not measured."""
    return judge_words(evidence, "production")


CRITERIA = (
    Criterion(
        name="production",
        kind="contract",
        layer="plan",
        required=True,
        weight=FIDELITY_WEIGHTS["production"],
        judge=judge,
        description="The plan carries what each word about the sound changes.",
    ),
)
