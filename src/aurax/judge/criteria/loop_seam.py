"""Loop seam: does the end of a loop go on in its start?"""

from __future__ import annotations

from collections.abc import Sequence

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.seam import measure_seam, step_ratio
from aurax.judge.verdict import Check

_LARGEST_STEP = 1.5
"""The seam may step by so much of what the waveform does around it."""
_SLACK_DB = 6.0
"""The level may move by so much more at the seam than anywhere else in the loop."""


def judge(evidence: Evidence) -> Sequence[Check]:
    """Compare the seam of the master and of the mix with the rest of the loop, and look for steps in every stem."""
    if evidence.master is None or not evidence.intent.contract.named("loop_seam"):
        return []
    checks: list[Check] = []
    last = {evidence.score.plan.bars - 1}
    for name, sound in (("master", evidence.master), ("mix", evidence.mix)):
        if sound is None:
            continue
        seam = measure_seam(sound)
        values = (
            ("step", seam.step, _LARGEST_STEP, "of the steps around it"),
            ("fall", seam.fall_db, seam.deepest_fall_db + _SLACK_DB, "dB before the seam"),
            ("rise", seam.rise_db, seam.steepest_rise_db + _SLACK_DB, "dB after the seam"),
        )
        for kind, measured, most, unit in values:
            passed = measured <= most
            checks.append(
                finding(
                    f"loop_seam:{name} {kind}",
                    "master" if name == "master" else "mix",
                    expected=f"at most {most:.2f} {unit}",
                    measured=measured,
                    passed=passed,
                    bars=() if passed else last,
                )
            )
    if evidence.load_stem is not None:
        steps = {name: step_ratio(evidence.load_stem(name)) for name in evidence.stems}
        worst = max(steps, key=lambda name: steps[name], default=None)
        if worst is not None:
            passed = steps[worst] <= _LARGEST_STEP
            checks.append(
                finding(
                    "loop_seam:stems",
                    "mix",
                    expected=f"at most {_LARGEST_STEP:g} of the steps around it in every stem",
                    measured=steps[worst],
                    passed=passed,
                    bars=() if passed else last,
                    stem=None if passed else worst,
                )
            )
    return checks


CRITERIA = (
    Criterion(
        name="loop_seam",
        kind="contract",
        layer="mix",
        required=True,
        weight=3.0,
        judge=judge,
        description="The end of a loop goes on in its start, without click, gap or fade.",
    ),
)
