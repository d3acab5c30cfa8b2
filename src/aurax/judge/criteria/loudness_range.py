"""Loudness range: as wide as the style asks for."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.verdict import Check

_SLACK_LU = 1.5
_SHORTEST_S = 60.0
"""Below a minute the range measures how the ending decays rather than the dynamics (EBU Tech 3342)."""


def judge(evidence: Evidence) -> Sequence[Check]:
    """Compare the range with the production profile's, 1.5 LU of slack on both sides."""
    sound = evidence.sound
    if sound is None or sound.is_silent or sound.waveform.duration_s < _SHORTEST_S:
        return []
    low, high = evidence.sound_aim.loudness_range_lu
    return [
        finding(
            "loudness_range",
            "mix",
            low=low - _SLACK_LU,
            high=high + _SLACK_LU,
            measured=sound.loudness_range_lu,
            unit="lu",
        )
    ]


CRITERIA = (
    Criterion(
        name="loudness_range",
        kind="audio",
        layer="mix",
        required=False,
        weight=2.0,
        judge=judge,
        description="Loud and quiet passages lie as far apart as the style wants.",
    ),
)
