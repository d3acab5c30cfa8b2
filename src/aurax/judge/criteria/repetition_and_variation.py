"""Repetition and variation: bars come back, but no stretch goes round unchanged for too long."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.notes import planned_rests
from aurax.judge.verdict import Check
from aurax.score.role import DRUM_ROLES
from aurax.score.score import Score

_PERIODS_BARS = (1, 2, 4, 8)
_LONGEST_UNCHANGED_BARS = 16
"""No 8-bar block more than twice without an audible change (docs/facts/composition.md#repetition)."""
_LEAST_FAMILIAR_SHARE = 0.3
"""Share of bars some voice of which was heard before; real songs repeat 40 to 85 %.

Source: docs/facts/composition.md#repetition.
"""
_LEAST_BARS = 12

_Bar = frozenset[tuple[str, tuple[tuple[int, int], ...]]]


def judge(evidence: Evidence) -> Sequence[Check]:
    """Compare bars by onsets and pitches of all voices; touch and groove make no difference."""
    plan = evidence.score.plan
    if plan.bars < _LEAST_BARS or not evidence.score.tracks:
        return []
    bars = bar_contents(evidence.score)
    stretch = _longest_unchanged(bars, planned_rests(plan))
    familiar = _familiar_share(evidence.score, bars)
    return [
        finding(
            "repetition_and_variation:variation",
            "score",
            high=_LONGEST_UNCHANGED_BARS,
            measured=len(stretch),
            unit="bars",
            note="without a change",
            bars=stretch,
        ),
        finding(
            "repetition_and_variation:repetition",
            "score",
            low=_LEAST_FAMILIAR_SHARE,
            measured=familiar,
            unit="share",
            note="of the bars bring something back",
        ),
    ]


def bar_contents(score: Score) -> list[_Bar]:
    """What each bar holds: every voice that starts notes in it, with their places and pitches."""
    grid = score.plan.grid
    voices: list[dict[str, list[tuple[int, int]]]] = [{} for _ in range(score.plan.bars)]
    for track in score.tracks:
        for note in track.notes:
            bar = grid.ticks_to_bar(note.start_ticks)
            if bar < len(voices):
                place = note.start_ticks - grid.bars_to_ticks(bar)
                voices[bar].setdefault(track.name, []).append((place, note.pitch))
    return [frozenset((name, tuple(sorted(notes))) for name, notes in voice.items()) for voice in voices]


def _longest_unchanged(bars: Sequence[_Bar], rests: set[int]) -> range:
    """The longest run of bars each equal to the one a fixed period earlier, with that first period."""
    longest = range(0)
    for period in _PERIODS_BARS:
        start = 0
        for bar in range(period, len(bars) + 1):
            if bar < len(bars) and bars[bar] == bars[bar - period] and bar not in rests:
                continue
            if bar - start > max(len(longest), period):
                longest = range(start, bar)
            start = bar - period + 1
    return longest


def _familiar_share(score: Score, bars: Sequence[_Bar]) -> float:
    """Share of sounding bars in which at least half of the voices repeat something they played before."""
    drums = {track.name for track in score.tracks if track.role in DRUM_ROLES}
    heard: set[tuple[str, tuple[int, ...]]] = set()
    familiar, sounding = 0, 0
    for bar in bars:
        rhythms = {
            (name, tuple(place for place, _ in notes) if name not in drums else tuple(sum(notes, ())))
            for name, notes in bar
        }
        if rhythms:
            sounding += 1
            familiar += len(rhythms & heard) * 2 >= len(rhythms)
        heard |= rhythms
    return familiar / sounding if sounding else 1.0


CRITERIA = (
    Criterion(
        name="repetition_and_variation",
        kind="symbolic",
        layer="score",
        required=False,
        weight=2.0,
        judge=judge,
        description="Bars come back, but nothing goes round unchanged for too long.",
        written=True,
    ),
)
