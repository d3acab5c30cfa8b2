"""Era: is the style of the time that was asked for?"""

from __future__ import annotations

from collections.abc import Sequence

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.verdict import Check
from aurax.judge.weights import FIDELITY_WEIGHTS
from aurax.judge.wishes import judge_fates


def judge(evidence: Evidence) -> Sequence[Check]:
    """Styles know the decades they stem from; a style of another time with a hint of the era's tone counts in part.

    Generated audio is not judged: the generator was told the words, and nothing here can hear whether it followed.
    """
    return judge_fates(evidence, "era")


CRITERIA = (
    Criterion(
        name="era",
        kind="contract",
        layer="plan",
        required=True,
        weight=FIDELITY_WEIGHTS["era"],
        judge=judge,
        description="The song sounds of the time that was asked for.",
    ),
)
