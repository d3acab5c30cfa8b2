"""Take → Verdict: ask every criterion, and weigh the answers."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.errors import AuraxError, BrokenPlugin
from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.verdict import Check, Verdict


def judge(evidence: Evidence, criteria: Sequence[Criterion]) -> Verdict:
    """Judge a take.

    Args:
        evidence: what there is so far; criteria of kind `audio` are left out before mastering, and those of writing
            where nobody wrote the notes.
        criteria: what to ask; each counts in the score with its weight times the share of its checks that passed.

    Returns:
        Passed when every contract check and every check of a required criterion passed. The score is 100 when no
        criterion applied.

    Raises:
        BrokenPlugin: a criterion crashed, or returned checks under another name.
    """
    checks: list[Check] = []
    passed = True
    earned, possible = 0.0, 0.0
    for criterion in criteria:
        if criterion.kind == "audio" and not evidence.has_audio:
            continue
        if criterion.written and evidence.score.origin == "transcribed":
            continue
        found = _ask(criterion, evidence)
        if not found:
            continue
        checks += found
        earned += criterion.weight * sum(check.passed for check in found) / len(found)
        possible += criterion.weight
        if criterion.required or criterion.kind == "contract":
            passed = passed and all(check.passed for check in found)
    score = round(100.0 * earned / possible, 2) if possible > 0.0 else 100.0
    return Verdict(passed=passed, score=min(100.0, max(0.0, score)), checks=tuple(checks))


def _ask(criterion: Criterion, evidence: Evidence) -> tuple[Check, ...]:
    try:
        found = tuple(criterion.judge(evidence))
    except AuraxError:
        raise
    except Exception as error:
        raise BrokenPlugin(
            f"criterion {criterion.name} to judge any take",
            f"{type(error).__name__}: {error}",
            "repair its judge function or remove it",
        ) from error
    for check in found:
        if check.name.partition(":")[0] != criterion.name:
            raise BrokenPlugin(
                f"criterion {criterion.name} to name its checks after itself", repr(check.name), "rename the check"
            )
    return found
