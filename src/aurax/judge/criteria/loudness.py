"""Loudness: integrated loudness of the master."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.verdict import Check
from aurax.judge.weights import FIDELITY_WEIGHTS
from aurax.judge.wishes import split_promises


def judge(evidence: Evidence) -> Sequence[Check]:
    """Compare integrated loudness (ITU-R BS.1770-4) with the promise."""
    if evidence.sound is None:
        return []
    measured = evidence.sound.integrated_lufs
    checks, promises = split_promises(evidence, "loudness", "master")
    return checks + [
        finding(
            "loudness",
            "master",
            low=float(promise.target) - promise.tolerance,
            high=float(promise.target) + promise.tolerance,
            measured=measured,
            unit="lufs",
            promise=promise,
        )
        for promise in promises
    ]


CRITERIA = (
    Criterion(
        name="loudness",
        kind="contract",
        layer="master",
        required=True,
        weight=FIDELITY_WEIGHTS["loudness"],
        judge=judge,
        description="The master is as loud as promised.",
    ),
)
