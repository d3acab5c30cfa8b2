"""Brightness: air between 6 and 12 kHz, as much as the style's spectrum leaves."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.audio.spectrum import share_db
from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.verdict import Check

_FULL_BAND_DB = (-24.0, -8.0)
_DARK_DB = (-38.0, -14.0)
"""Share of all power between 6 and 12 kHz. A spectrum that falls as the style tables say holds −17 dB (club) to
−30 dB (lo-fi) there, bass included; the bounds leave 7 dB either way."""
_DARK_SLOPE_DB = -9.0


def judge(evidence: Evidence) -> Sequence[Check]:
    """Share of the power between 6 and 12 kHz."""
    sound = evidence.sound
    if sound is None or sound.is_silent:
        return []
    profile = evidence.sound_aim
    dark = profile.lowpass_hz is not None or profile.spectrum.slope_5k_15k_db_per_octave <= _DARK_SLOPE_DB
    low, high = _DARK_DB if dark else _FULL_BAND_DB
    low, high = low + evidence.asked.high_db, high + evidence.asked.high_db
    share = share_db(*sound.spectrum, 6000.0, 12000.0)
    return [finding("brightness", "mix", low=low, high=high, measured=share, unit="db")]


CRITERIA = (
    Criterion(
        name="brightness",
        kind="audio",
        layer="mix",
        required=False,
        weight=1.5,
        judge=judge,
        description="Enough air between 6 and 12 kHz, not too much.",
    ),
)
