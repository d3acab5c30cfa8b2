"""Range: every note lies where its role sounds well."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.notes import pitched_tracks
from aurax.judge.verdict import Check
from aurax.score.role import ROLE_RANGES


def judge(evidence: Evidence) -> Sequence[Check]:
    """Find notes outside the role's range, for each pitched track; measured is the outermost one."""
    grid = evidence.score.plan.grid
    checks = []
    for track in pitched_tracks(evidence.score):
        low, high = ROLE_RANGES[track.role]
        outside = [note for note in track.notes if not low <= note.pitch <= high]
        pitches = [note.pitch for note in track.notes]
        checks.append(
            finding(
                f"note_range:{track.name}",
                "score",
                low=low,
                high=high,
                measured=max(pitches, key=lambda pitch: max(low - pitch, pitch - high)) if pitches else "no notes",
                unit="midi",
                passed=not outside,
                bars=[grid.ticks_to_bar(note.start_ticks) for note in outside],
                stem=track.name,
            )
        )
    return checks


CRITERIA = (
    Criterion(
        name="note_range",
        kind="symbolic",
        layer="score",
        required=True,
        weight=1.0,
        judge=judge,
        description="Every note lies where its role sounds well.",
        written=True,
    ),
)
