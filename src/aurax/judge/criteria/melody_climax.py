"""Melody: the lead has a peak, and keeps it rare."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.verdict import Check

_LEAST_NOTES = 16
_LARGEST_SHARE = 0.2
"""Share of the notes that may sit on the highest pitch."""
_LEAST_RANGE_SEMITONES = 5
"""Melodies span 12 to 26 semitones, phrases seldom less than 3 (docs/facts/composition.md#melody)."""


def judge(evidence: Evidence) -> Sequence[Check]:
    """How wide each lead ranges, and how often it sits on its highest note."""
    grid = evidence.score.plan.grid
    checks = []
    for track in evidence.score.tracks:
        if track.role != "lead" or track.is_drums or len(track.notes) < _LEAST_NOTES:
            continue
        pitches = [note.pitch for note in track.notes]
        peak = max(pitches)
        share, width = pitches.count(peak) / len(pitches), peak - min(pitches)
        bars = {grid.ticks_to_bar(note.start_ticks) for note in track.notes if note.pitch == peak}
        checks += [
            finding(
                f"melody_climax:{track.name} range",
                "score",
                low=_LEAST_RANGE_SEMITONES,
                measured=width,
                unit="semitones",
                stem=track.name,
            ),
            finding(
                f"melody_climax:{track.name} top",
                "score",
                high=_LARGEST_SHARE,
                measured=share,
                unit="share",
                note="of the notes",
                bars=bars,
                stem=track.name,
            ),
        ]
    return checks


CRITERIA = (
    Criterion(
        name="melody_climax",
        kind="symbolic",
        layer="score",
        required=False,
        weight=1.0,
        judge=judge,
        description="The lead has a peak and keeps it rare.",
        written=True,
    ),
)
