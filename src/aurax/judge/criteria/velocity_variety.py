"""Touch: no voice plays every note equally hard."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import pstdev

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.notes import BED_ROLES
from aurax.judge.verdict import Check

_LEAST_SPREAD = 2.5
"""Standard deviation in MIDI velocity; humanising alone gives 4 to 6 (docs/facts/groove.md#velocity)."""
_LEAST_NOTES = 24


def judge(evidence: Evidence) -> Sequence[Check]:
    """Spread of velocities in each voice with enough notes; a club kick may be a machine."""
    checks = []
    for track in evidence.score.tracks:
        if track.role == "kick" or track.role in BED_ROLES or len(track.notes) < _LEAST_NOTES:
            continue
        spread = pstdev(note.velocity for note in track.notes)
        checks.append(
            finding(
                f"velocity_variety:{track.name}",
                "score",
                low=_LEAST_SPREAD,
                measured=spread,
                unit="velocity",
                stem=track.name,
            )
        )
    return checks


CRITERIA = (
    Criterion(
        name="velocity_variety",
        kind="symbolic",
        layer="score",
        required=False,
        weight=1.0,
        judge=judge,
        description="No voice plays every note equally hard.",
        written=True,
    ),
)
