"""Duration: is the song as long as promised, to within one bar?"""

from __future__ import annotations

from collections.abc import Sequence

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.verdict import Check

_LEAST_TOLERANCE_S = 0.5


def judge(evidence: Evidence) -> Sequence[Check]:
    """Compare the audio's length, or the plan's before mastering, with the promise."""
    plan = evidence.score.plan
    length_s = plan.duration_s if evidence.master is None else evidence.master.duration_s
    checks = []
    for promise in evidence.intent.contract.named("duration"):
        bars = promise.tolerance * plan.grid.bar_s
        tolerance_s = max(bars if promise.unit == "bar" else promise.tolerance, _LEAST_TOLERANCE_S)
        checks.append(
            finding(
                "duration",
                "plan",
                expected=f"{float(promise.target):g} ±{tolerance_s:.2f} s",
                measured=length_s,
                passed=abs(length_s - float(promise.target)) <= tolerance_s,
            )
        )
    return checks


CRITERIA = (
    Criterion(
        name="duration",
        kind="contract",
        layer="plan",
        required=True,
        weight=3.0,
        judge=judge,
        description="The song is as long as promised, to within one bar.",
    ),
)
