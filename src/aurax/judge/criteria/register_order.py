"""Register: the bass lies below the chords, the lead not below them."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.notes import pitched_tracks, timed_notes
from aurax.judge.verdict import Check
from aurax.score.role import Role
from aurax.score.score import Score

_LEAST_GAP_SEMITONES = {"bass": 7.0, "lead": -2.0}
"""Bass at least a fifth below the chords' middle; a lead may sink into their upper half, not under it."""


def judge(evidence: Evidence) -> Sequence[Check]:
    """Compare median pitches."""
    bass = _median_pitch(evidence.score, ("bass",))
    lead = _median_pitch(evidence.score, ("lead",))
    chords = _median_pitch(evidence.score, ("chords", "pad"))
    checks = []
    for name, gap in (
        ("bass", None if bass is None or chords is None else chords - bass),
        ("lead", None if lead is None or chords is None else lead - chords),
    ):
        if gap is not None:
            side = "below" if name == "bass" else "above"
            checks.append(
                finding(
                    f"register_order:{name}",
                    "score",
                    low=_LEAST_GAP_SEMITONES[name],
                    measured=gap,
                    unit="semitones",
                    note=f"{side} the chords",
                    stem=name,
                )
            )
    return checks


def _median_pitch(score: Score, roles: tuple[Role, ...]) -> float | None:
    tracks = [track for track in pitched_tracks(score) if track.role in roles]
    pitches = [note.pitch for _, note in timed_notes(tracks)]
    return median(pitches) if pitches else None


CRITERIA = (
    Criterion(
        name="register_order",
        kind="symbolic",
        layer="score",
        required=False,
        weight=1.0,
        judge=judge,
        description="Bass below chords, lead not below them.",
        written=True,
    ),
)
