"""Judging wishes by what became of them: for what no measurement of the sound can tell."""

from __future__ import annotations

from aurax.intent.contract import Requirement
from aurax.intent.wish import Wish
from aurax.judge.criterion import Evidence
from aurax.judge.findings import finding
from aurax.judge.verdict import Check, Layer


def wish_of(evidence: Evidence, promise: Requirement) -> Wish | None:
    """The wish that a promise keeps; None where the contract was made without wishes."""
    wishes = evidence.intent.wishes
    return wishes[promise.wish] if promise.wish is not None and promise.wish < len(wishes) else None


def asked_words(promise: Requirement, wish: Wish | None) -> str:
    """What was asked for or refused, in a word or two: `trap`, `no fade ending`."""
    return f"no {promise.target}" if wish is not None and wish.refused else str(promise.target)


def unmet(name: str, layer: Layer, promise: Requirement, wish: Wish) -> Check:
    """The check of a wish that is not done as asked: it fails, no take can cure it, and a substitute counts in part.

    Args:
        name: of the check.
        layer: where it would have to be done.
        promise: the wish's requirement.
        wish: one whose fate is not `exact`.
    """
    return finding(
        name,
        layer,
        target=asked_words(promise, wish),
        measured=wish.substitute if wish.fate == "substituted" else "not done",
        passed=False,
        note=wish.reason,
        promise=promise,
        credit=wish.nearness if wish.fate == "substituted" else 0.0,
        curable=False,
    )


def split_promises(evidence: Evidence, criterion: str, layer: Layer) -> tuple[list[Check], list[Requirement]]:
    """What the reader said cannot be done, as failed checks, and the promises that are left to measure.

    Args:
        evidence: with the intent.
        criterion: whose promises.
        layer: where they would have to be kept.
    """
    checks: list[Check] = []
    open_promises: list[Requirement] = []
    for promise in evidence.intent.contract.named(criterion):
        wish = wish_of(evidence, promise)
        if wish is None or wish.is_done:
            open_promises.append(promise)
        else:
            checks.append(unmet(f"{criterion}:{promise.target}", layer, promise, wish))
    return checks, open_promises


def judge_fates(evidence: Evidence, criterion: str) -> list[Check]:
    """Judge every promise of a criterion by its wish's fate and by whether the plan follows the style that was chosen.

    Args:
        evidence: with the plan; nothing is judged where its notes were heard in generated audio.
        criterion: whose promises.
    """
    if evidence.score.origin == "transcribed":
        return []
    made = evidence.score.plan.style
    checks = []
    for promise in evidence.intent.contract.named(criterion):
        wish, name = wish_of(evidence, promise), f"{criterion}:{promise.target}"
        if wish is not None and not wish.is_done:
            checks.append(unmet(name, "plan", promise, wish))
            continue
        checks.append(
            finding(
                name,
                "plan",
                target=asked_words(promise, wish),
                measured=made,
                passed=made == evidence.intent.style,
                promise=promise,
            )
        )
    return checks
