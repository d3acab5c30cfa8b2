"""Duration: is the song as long as promised, to within one bar, or to the frame where bars were promised?"""

from __future__ import annotations

from collections.abc import Sequence

from aurax.audio.waveform import SAMPLE_RATE
from aurax.intent.contract import Requirement
from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.verdict import Check
from aurax.judge.weights import FIDELITY_WEIGHTS
from aurax.judge.wishes import split_promises

_LEAST_TOLERANCE_S = 0.5


def judge(evidence: Evidence) -> Sequence[Check]:
    """Compare the audio's length, or the plan's before mastering, with the promise."""
    plan = evidence.score.plan
    length_s = plan.duration_s if evidence.master is None else evidence.master.duration_s
    checks, promises = split_promises(evidence, "duration", "plan")
    for promise in promises:
        if promise.unit == "bars":
            checks += _bars(evidence, promise)
            continue
        bars = promise.tolerance * plan.grid.bar_s
        tolerance_s = max(bars if promise.unit == "bar" else promise.tolerance, _LEAST_TOLERANCE_S)
        checks.append(
            finding(
                "duration",
                "plan",
                low=float(promise.target) - tolerance_s,
                high=float(promise.target) + tolerance_s,
                measured=length_s,
                unit="s",
                promise=promise,
            )
        )
    return checks


def _bars(evidence: Evidence, promise: Requirement) -> list[Check]:
    """A loop has its bars and nothing else, rounded to the nearest frame; a song has its bars and an ending."""
    plan, master, bars = evidence.score.plan, evidence.master, int(float(promise.target))
    rate = SAMPLE_RATE if master is None else master.sample_rate
    least = round(plan.grid.bars_to_s(bars) * rate)
    frames = round(plan.duration_s * rate) if master is None else master.frames
    most = least if plan.is_loop else None
    return [
        finding("duration:bars", "plan", low=bars, high=bars, measured=plan.bars, unit="bars", promise=promise),
        finding("duration:frames", "plan", low=least, high=most, measured=frames, unit="frames", promise=promise),
    ]


CRITERIA = (
    Criterion(
        name="duration",
        kind="contract",
        layer="plan",
        required=True,
        weight=FIDELITY_WEIGHTS["duration"],
        judge=judge,
        description="The song is as long as promised, to within one bar, or has exactly the bars that were promised.",
    ),
)
