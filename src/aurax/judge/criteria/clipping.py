"""Clipping: no runs of samples at full scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.verdict import Check

_FULL_SCALE = 0.999
_RUN_FRAMES = 3
"""Three samples in a row at full scale are a flattened wave, not a peak."""


def judge(evidence: Evidence) -> Sequence[Check]:
    """Count runs of three or more samples at full scale in any channel."""
    sound = evidence.sound
    if sound is None:
        return []
    plan, rate = evidence.score.plan, sound.waveform.sample_rate
    starts: list[int] = []
    for channel in sound.waveform.samples:
        if channel.size < _RUN_FRAMES or (channel.max() < _FULL_SCALE and channel.min() > -_FULL_SCALE):
            continue
        flat = np.abs(channel) >= _FULL_SCALE
        runs = flat[:-2] & flat[1:-1] & flat[2:]
        starts += [int(frame) for frame in np.flatnonzero(runs & ~np.concatenate([[False], runs[:-1]]))]
    bars = {min(plan.bars - 1, plan.grid.ticks_to_bar(plan.grid.s_to_ticks(frame / rate))) for frame in starts}
    return [finding("clipping", "master", high=0, measured=len(starts), unit="flattened waves", bars=bars)]


CRITERIA = (
    Criterion(
        name="clipping",
        kind="audio",
        layer="master",
        required=True,
        weight=2.0,
        judge=judge,
        description="No wave is flattened at full scale.",
    ),
)
