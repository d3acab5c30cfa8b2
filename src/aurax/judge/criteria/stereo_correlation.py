"""Stereo: wide enough to be stereo, correlated enough to be one room."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.verdict import Check
from aurax.score.role import Role

_LEAST = 0.2
_MOST = 0.95
"""docs/facts/mix.md#stereo-width: above 0.2 always; a whole arrangement above 0.95 is all but mono.
What would vanish on a mono speaker is judged by `mono_loss`, which is required."""
_WIDE_ROLES: frozenset[Role] = frozenset({"chords", "pad", "arp"})


def judge(evidence: Evidence) -> Sequence[Check]:
    """Correlation of left and right; only arrangements with wide voices must be stereo."""
    sound = evidence.sound
    if sound is None or sound.is_silent:
        return []
    wide = any(track.role in _WIDE_ROLES for track in evidence.score.tracks)
    most = _MOST if wide else 1.0
    return [finding("stereo_correlation", "mix", low=_LEAST, high=most, measured=sound.correlation, unit="correlation")]


CRITERIA = (
    Criterion(
        name="stereo_correlation",
        kind="audio",
        layer="mix",
        required=False,
        weight=1.5,
        judge=judge,
        description="Left and right belong together.",
    ),
)
