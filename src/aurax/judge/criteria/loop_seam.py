"""Loop seam: does the end of a loop go on in its start?"""

from __future__ import annotations

from collections.abc import Sequence

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.seam import measure_seam, step_ratio
from aurax.judge.verdict import Check
from aurax.judge.weights import FIDELITY_WEIGHTS
from aurax.judge.wishes import split_promises

_LARGEST_STEP = 1.5
"""The seam may step by so much of what the waveform does around it."""
_SHORTEST_S = 0.2
"""Shorter loops have no place that the seam could be compared with."""
_SLACK_DB = 6.0
"""The level may move by so much more at the seam than anywhere else in the loop."""


def judge(evidence: Evidence) -> Sequence[Check]:
    """Compare the seam of the master and of the mix with the rest of the loop, and look for steps in every stem."""
    checks, promises = split_promises(evidence, "loop_seam", "mix")
    if evidence.master is None or not promises or evidence.master.duration_s < _SHORTEST_S:
        return checks
    promise = promises[0]
    last = {evidence.score.plan.bars - 1}
    for name, sound in (("master", evidence.master), ("mix", evidence.mix)):
        if sound is None:
            continue
        seam = measure_seam(sound)
        values = (
            ("step", seam.step, _LARGEST_STEP, "times the steps around it"),
            ("fall", seam.fall_db, seam.deepest_fall_db + _SLACK_DB, "db"),
            ("rise", seam.rise_db, seam.steepest_rise_db + _SLACK_DB, "db"),
        )
        checks += [
            finding(
                f"loop_seam:{name} {kind}",
                "master" if name == "master" else "mix",
                high=most,
                measured=measured,
                unit=unit,
                bars=last,
                promise=promise,
            )
            for kind, measured, most, unit in values
        ]
    if evidence.load_stem is not None:
        steps = {name: step_ratio(evidence.load_stem(name)) for name in evidence.stems}
        worst = max(steps, key=lambda name: steps[name], default=None)
        if worst is not None:
            checks.append(
                finding(
                    "loop_seam:stems",
                    "mix",
                    high=_LARGEST_STEP,
                    measured=steps[worst],
                    unit="times the steps around it",
                    bars=last,
                    stem=worst,
                    promise=promise,
                )
            )
    return checks


CRITERIA = (
    Criterion(
        name="loop_seam",
        kind="contract",
        layer="mix",
        required=True,
        weight=FIDELITY_WEIGHTS["loop_seam"],
        judge=judge,
        description="The end of a loop goes on in its start, without click, gap or fade.",
    ),
)
