"""Clicks: no isolated steps in the waveform."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.verdict import Check


def judge(evidence: Evidence) -> Sequence[Check]:
    """Count steps that nothing around them explains."""
    sound = evidence.sound
    if sound is None:
        return []
    plan, rate = evidence.score.plan, sound.waveform.sample_rate
    bars = {min(plan.bars - 1, plan.grid.ticks_to_bar(plan.grid.s_to_ticks(frame / rate))) for frame in sound.clicks}
    return [finding("clicks", "score", high=0, measured=len(sound.clicks), unit="clicks", bars=bars)]


CRITERIA = (
    Criterion(
        name="clicks",
        kind="audio",
        layer="score",
        required=True,
        weight=2.0,
        judge=judge,
        description="No clicks.",
    ),
)
