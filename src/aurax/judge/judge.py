"""Take → Verdict: ask every criterion, and weigh the answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aurax.errors import AuraxError, BrokenPlugin
from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.verdict import Check, PartVerdict, Verdict


@dataclass
class _Tally:
    """One part of the verdict while it is counted."""

    earned: float = 0.0
    possible: float = 0.0
    passed: bool = True

    def count(self, checks: Sequence[Check], weight: float) -> None:
        """Add one criterion's checks; what failed counts with its credit."""
        self.earned += weight * sum(1.0 if check.passed else check.credit for check in checks) / len(checks)
        self.possible += weight
        self.passed = self.passed and all(check.passed for check in checks if check.required)

    def close(self) -> PartVerdict:
        """The part, counted."""
        score = 100.0 * self.earned / self.possible if self.possible > 0.0 else 100.0
        return PartVerdict(passed=self.passed, score=round(min(100.0, max(0.0, score)), 2))


def judge(evidence: Evidence, criteria: Sequence[Criterion]) -> Verdict:
    """Judge a take.

    Args:
        evidence: what there is so far; criteria of kind `audio` are left out before mastering, and those of writing
            where nobody wrote the notes.
        criteria: what to ask; each counts in its part's score with its weight times the share of its checks that
            passed. In fidelity a criterion weighs so much for each promise that it judged.

    Returns:
        Passed when every check of what was asked for passed, and every check of a required criterion. A part scores
        100 when no criterion applied.

    Raises:
        BrokenPlugin: a criterion crashed, or returned checks under another name.
    """
    checks: list[Check] = []
    fidelity, quality = _Tally(), _Tally()
    for criterion in criteria:
        if criterion.kind == "audio" and not evidence.has_audio:
            continue
        if criterion.written and evidence.score.origin == "transcribed":
            continue
        found = _ask(criterion, evidence)
        checks += found
        asked = [check for check in found if check.part == "fidelity"]
        if asked:
            promises = sum(one.is_asked for one in evidence.intent.contract.named(criterion.name))
            fidelity.count(asked, criterion.weight * max(1, min(promises, len(asked))))
        if len(found) > len(asked):
            quality.count([check for check in found if check.part == "quality"], criterion.weight)
    parts = fidelity.close(), quality.close()
    return Verdict(
        passed=all(part.passed for part in parts),
        score=round(parts[0].score * parts[1].score / 100.0, 2),
        fidelity=parts[0],
        quality=parts[1],
        checks=tuple(checks),
    )


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
    counts = criterion.required or criterion.kind == "contract"
    return tuple(
        check if counts or check.part == "fidelity" else check.model_copy(update={"required": False}) for check in found
    )
