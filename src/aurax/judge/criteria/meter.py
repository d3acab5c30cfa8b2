"""Meter: is the song written in the meter that was asked for, and do its chords change on that meter's bars?"""

from __future__ import annotations

from collections.abc import Sequence

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.verdict import Check
from aurax.judge.weights import FIDELITY_WEIGHTS
from aurax.judge.wishes import split_promises
from aurax.score.time import Meter

_LEAST_ON_BARS = 0.5
"""Harmony changes mostly on bar lines; half-bar changes and anticipations are common.

Source: docs/facts/composition.md#harmony.
"""


def judge(evidence: Evidence) -> Sequence[Check]:
    """Compare the plan's meter and its chord changes with the promise."""
    plan = evidence.score.plan
    checks, promises = split_promises(evidence, "meter", "plan")
    for promise in promises:
        ticks_per_bar = Meter.parse(str(promise.target)).ticks_per_bar
        changes = [span.start_ticks for span in plan.chords]
        on_bars = sum(ticks % ticks_per_bar == 0 for ticks in changes) / len(changes) if changes else 1.0
        checks.append(
            finding(
                "meter",
                "plan",
                target=str(promise.target),
                measured=str(plan.meter),
                note=f"{on_bars:.0%} of the chords change on its bar lines",
                promise=promise,
                passed=str(plan.meter) == str(promise.target) and on_bars >= _LEAST_ON_BARS,
            )
        )
    return checks


CRITERIA = (
    Criterion(
        name="meter",
        kind="contract",
        layer="plan",
        required=True,
        weight=FIDELITY_WEIGHTS["meter"],
        judge=judge,
        description="The song is in the meter that was asked for.",
    ),
)
