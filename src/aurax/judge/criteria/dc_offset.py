"""DC offset: the waveform is centred."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.verdict import Check

_MOST_DBFS = -60.0
"""A thousandth of full scale: no loudspeaker shows it, and no headroom is lost."""


def judge(evidence: Evidence) -> Sequence[Check]:
    """Mean of each channel."""
    sound = evidence.sound
    if sound is None or not sound.waveform.frames:
        return []
    offset = float(np.abs(sound.waveform.samples.mean(axis=1, dtype=np.float64)).max())
    level = 20.0 * math.log10(offset) if offset > 0.0 else -math.inf
    return [
        finding(
            "dc_offset",
            "master",
            high=_MOST_DBFS,
            measured=level if math.isfinite(level) else "none",
            unit="dbfs",
            passed=level <= _MOST_DBFS,
        )
    ]


CRITERIA = (
    Criterion(
        name="dc_offset",
        kind="audio",
        layer="master",
        required=True,
        weight=1.0,
        judge=judge,
        description="The waveform is centred.",
    ),
)
