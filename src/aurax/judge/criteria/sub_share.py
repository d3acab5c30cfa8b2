"""Sub bass: enough below 60 Hz to carry, not so much that it eats the headroom."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.audio.spectrum import share_db
from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.verdict import Check

_LOWEST_DB, _HIGHEST_DB = -14.0, -5.0
"""Share of all power below 60 Hz (docs/facts/mix.md#sub-and-air: −10 to −6 dB, widened)."""
_LOW_PITCH = 36


def judge(evidence: Evidence) -> Sequence[Check]:
    """Share of the power below 60 Hz; songs without low notes and kicks only have the upper bound."""
    sound = evidence.sound
    if sound is None or sound.is_silent:
        return []
    tracks = evidence.score.tracks
    low = any(
        track.role in ("drums", "kick")
        or (track.role == "bass" and any(note.pitch <= _LOW_PITCH for note in track.notes))
        for track in tracks
    )
    share = share_db(*sound.spectrum, 20.0, 60.0)
    asked_db = evidence.asked.low_db
    least = _LOWEST_DB + min(0.0, asked_db) if low else None
    most = _HIGHEST_DB + max(0.0, asked_db)
    return [finding("sub_share", "mix", low=least, high=most, measured=share, unit="db")]


CRITERIA = (
    Criterion(
        name="sub_share",
        kind="audio",
        layer="mix",
        required=False,
        weight=1.5,
        judge=judge,
        description="Enough below 60 Hz, not too much.",
    ),
)
