"""In key: pitched notes belong to the key or to the chord that sounds."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.notes import ChordFinder, pitched_tracks, timed_notes
from aurax.judge.verdict import Check

_LEAST_SHARE = 0.95
"""By sounding time. What is left are passing and approach notes, which are short."""


def judge(evidence: Evidence) -> Sequence[Check]:
    """Weigh every note by its duration."""
    score = evidence.score
    scale = set(score.plan.key.pitch_classes)
    chords = ChordFinder(score.plan)
    inside, whole = 0, 0
    outside_bars: dict[int, int] = {}
    for _, note in timed_notes(pitched_tracks(score)):
        span = chords.at(note.start_ticks)
        whole += note.duration_ticks
        if note.pitch % 12 in scale or (span is not None and note.pitch % 12 in span.chord.pitch_classes):
            inside += note.duration_ticks
        else:
            bar = score.plan.grid.ticks_to_bar(note.start_ticks)
            outside_bars[bar] = outside_bars.get(bar, 0) + note.duration_ticks
    if not whole:
        return []
    share = inside / whole
    return [
        finding(
            "in_key_ratio",
            "score",
            low=_LEAST_SHARE,
            measured=share,
            unit="share",
            note="of the sounding time",
            bars=outside_bars,
        )
    ]


CRITERIA = (
    Criterion(
        name="in_key_ratio",
        kind="symbolic",
        layer="score",
        required=True,
        weight=2.0,
        judge=judge,
        description="Notes belong to the key or to the chord that sounds.",
        written=True,
    ),
)
