"""Strong beats: the bass states each new chord, the lead mostly lands on chord notes at the bar's start and middle."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.notes import ChordFinder
from aurax.judge.verdict import Check
from aurax.score.role import Role
from aurax.score.score import Track

_LEAST_SHARE: dict[Role, float] = {"bass": 0.85, "lead": 0.55}
"""Within a chord a bass may walk; a melody may lean on sixths and suspensions for almost half of its strong beats."""
_LEAST_NOTES = 8


def judge(evidence: Evidence) -> Sequence[Check]:
    """Share of the notes on strong beats that belong to the sounding chord, for each bass and lead."""
    return [
        check
        for track in evidence.score.tracks
        if track.role in _LEAST_SHARE and not track.is_drums
        for check in _judge_track(evidence, track)
    ]


def _judge_track(evidence: Evidence, track: Track) -> list[Check]:
    plan = evidence.score.plan
    half_bar = plan.meter.ticks_per_bar // 2 if plan.meter.numerator % 2 == 0 else plan.meter.ticks_per_bar
    chords = ChordFinder(plan)
    strong = [
        (note, span)
        for note in track.notes
        if (span := chords.at(note.start_ticks)) is not None
        and (note.start_ticks == span.start_ticks if track.role == "bass" else note.start_ticks % half_bar == 0)
    ]
    if len(strong) < _LEAST_NOTES:
        return []
    foreign = [
        note for note, span in strong if note.pitch % 12 not in (*span.chord.pitch_classes, span.chord.bass_pitch_class)
    ]
    share = 1.0 - len(foreign) / len(strong)
    least = _LEAST_SHARE[track.role]
    return [
        finding(
            f"chord_tones_on_strong_beats:{track.name}",
            "score",
            low=least,
            measured=share,
            unit="share",
            bars=[plan.grid.ticks_to_bar(note.start_ticks) for note in foreign],
            stem=track.name,
        )
    ]


CRITERIA = (
    Criterion(
        name="chord_tones_on_strong_beats",
        kind="symbolic",
        layer="score",
        required=False,
        weight=1.5,
        judge=judge,
        description="The bass states each new chord; the lead lands on chord notes on strong beats.",
        written=True,
    ),
)
