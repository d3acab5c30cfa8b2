"""Duration: is the song as long as promised, to within one bar, or to the frame where bars were promised?"""

from __future__ import annotations

from collections.abc import Sequence

from aurax.audio.waveform import SAMPLE_RATE
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
        if promise.unit == "bars":
            checks.append(_bars(evidence, int(float(promise.target))))
            continue
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


def _bars(evidence: Evidence, bars: int) -> Check:
    """A loop has its bars and nothing else, rounded to the nearest frame; a song has its bars and an ending."""
    plan, master = evidence.score.plan, evidence.master
    rate = SAMPLE_RATE if master is None else master.sample_rate
    least = round(plan.grid.bars_to_s(bars) * rate)
    frames = round(plan.duration_s * rate) if master is None else master.frames
    passed = plan.bars == bars and (frames == least if plan.is_loop else frames >= least)
    count = "1 bar" if bars == 1 else f"{bars} bars"
    return finding(
        "duration",
        "plan",
        expected=f"{count}, {least} frames" + ("" if plan.is_loop else " or more"),
        measured=f"{plan.bars} bar{'s' if plan.bars != 1 else ''}, {frames} frames",
        passed=passed,
    )


CRITERIA = (
    Criterion(
        name="duration",
        kind="contract",
        layer="plan",
        required=True,
        weight=3.0,
        judge=judge,
        description="The song is as long as promised, to within one bar, or has exactly the bars that were promised.",
    ),
)
