"""True peak: the master stays below its ceiling between the samples, too."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.verdict import Check
from aurax.judge.weights import FIDELITY_WEIGHTS
from aurax.judge.wishes import split_promises


def judge(evidence: Evidence) -> Sequence[Check]:
    """Compare the 8× oversampled peak with the ceiling."""
    if evidence.sound is None:
        return []
    measured = evidence.sound.true_peak_dbtp
    checks, promises = split_promises(evidence, "true_peak", "master")
    return checks + [
        finding(
            "true_peak",
            "master",
            high=float(promise.target) + promise.tolerance,
            measured=measured,
            unit="dbtp",
            promise=promise,
        )
        for promise in promises
    ]


CRITERIA = (
    Criterion(
        name="true_peak",
        kind="contract",
        layer="master",
        required=True,
        weight=FIDELITY_WEIGHTS["true_peak"],
        judge=judge,
        description="The master's true peak stays below its ceiling.",
    ),
)
