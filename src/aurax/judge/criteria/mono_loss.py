"""Mono: a single speaker loses little."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.verdict import Check

_MOST_LU = 2.0
"""Source: docs/facts/mix.md#stereo-width."""


def judge(evidence: Evidence) -> Sequence[Check]:
    """Loudness lost when both channels play their mean."""
    sound = evidence.sound
    if sound is None or sound.is_silent:
        return []
    return [finding("mono_loss", "mix", high=_MOST_LU, measured=sound.mono_loss_lu, unit="lu")]


CRITERIA = (
    Criterion(
        name="mono_loss",
        kind="audio",
        layer="mix",
        required=True,
        weight=1.5,
        judge=judge,
        description="A mono speaker loses little.",
    ),
)
