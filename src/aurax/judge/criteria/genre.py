"""Genre: is the song made in the style that was asked for, or in the nearest one that is installed?"""

from __future__ import annotations

from collections.abc import Sequence

from aurax.intent.contract import Requirement
from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.verdict import Check
from aurax.judge.weights import FIDELITY_WEIGHTS
from aurax.judge.wishes import asked_words, unmet, wish_of


def judge(evidence: Evidence) -> Sequence[Check]:
    """Compare the plan's style with each genre that was asked for or refused.

    Generated audio is not judged: the generator was told the person's own words, and nothing here can tell genres apart
    by ear.
    """
    if evidence.score.origin == "transcribed":
        return []
    return [_judge_one(evidence, promise) for promise in evidence.intent.contract.named("genre")]


def _judge_one(evidence: Evidence, promise: Requirement) -> Check:
    name, made = f"genre:{promise.target}", evidence.score.plan.style
    wish = wish_of(evidence, promise)
    if wish is not None and not wish.is_done:
        return unmet(name, "plan", promise, wish)
    # An exact genre is the style that the reader chose for it; a promise without a wish names the style itself.
    right = evidence.intent.style if wish is not None else str(promise.target)
    return finding(
        name,
        "plan",
        target=asked_words(promise, wish),
        measured=made,
        passed=made == right,
        promise=promise,
        curable=right == evidence.intent.style,
    )


CRITERIA = (
    Criterion(
        name="genre",
        kind="contract",
        layer="plan",
        required=True,
        weight=FIDELITY_WEIGHTS["genre"],
        judge=judge,
        description="The song is made in the style that was asked for.",
    ),
)
