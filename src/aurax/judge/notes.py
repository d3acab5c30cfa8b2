"""What several criteria ask of a Score and its stems: who sounds in which bar, over which chord, how loud."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping

from aurax.judge.criterion import StemMeasurements
from aurax.score.chord import ChordSpan
from aurax.score.plan import Plan
from aurax.score.role import PITCHED_ROLES, Role
from aurax.score.score import Note, Score, Track

BED_ROLES: frozenset[Role] = frozenset({"fx", "texture"})
"""Roles that fill the background; they neither carry a bar nor must be as loud as an instrument."""


def pitched_tracks(score: Score) -> tuple[Track, ...]:
    """Tracks whose notes carry harmony or melody."""
    return tuple(track for track in score.tracks if track.role in PITCHED_ROLES and not track.is_drums)


def tracks_named(score: Score, word: str) -> tuple[Track, ...]:
    """Tracks of a role, an instrument or one of its families; `drums` is every drum role."""
    return score.named(word)


def bars_of(track: Track, plan: Plan) -> set[int]:
    """Bars (from 0) in which a track starts a note."""
    return {plan.grid.ticks_to_bar(note.start_ticks) for note in track.notes}


def sounding_bars(score: Score, leaving_out: Collection[Role] = ()) -> set[int]:
    """Bars (from 0) in which any note sounds, held ones included."""
    grid = score.plan.grid
    bars: set[int] = set()
    for track in score.tracks:
        if track.role not in leaving_out:
            for note in track.notes:
                bars.update(range(grid.ticks_to_bar(note.start_ticks), grid.ticks_to_bar(note.end_ticks - 1) + 1))
    return bars


def planned_rests(plan: Plan) -> set[int]:
    """Bars (from 0) of sections in which the plan has nobody play."""
    return {
        bar
        for section in plan.sections
        if not section.parts or section.energy == 0.0
        for bar in range(section.start_bar, section.end_bar)
    }


class ChordFinder:
    """The chord that sounds at a tick.

    Args:
        plan: whose chords to search.
    """

    def __init__(self, plan: Plan) -> None:
        self._spans = plan.chords
        self._starts = [span.start_ticks for span in plan.chords]

    def at(self, ticks: int) -> ChordSpan | None:
        """The span that holds a tick; none in a plan without chords."""
        if not self._spans:
            return None
        return self._spans[max(0, bisect_right(self._starts, ticks) - 1)]


def timed_notes(tracks: Collection[Track]) -> Iterator[tuple[Track, Note]]:
    """Every note with its track."""
    for track in tracks:
        for note in track.notes:
            yield track, note


def below_mix_lu(stems: Mapping[str, StemMeasurements], name: str) -> float:
    """A stem's loudness against the power sum of all stems; −inf for silent and missing ones."""
    own = stems[name].integrated_lufs if name in stems else -math.inf
    levels = [stem.integrated_lufs for stem in stems.values() if math.isfinite(stem.integrated_lufs)]
    if not math.isfinite(own) or not levels:
        return -math.inf
    return own - 10.0 * math.log10(sum(10.0 ** (level / 10.0) for level in levels))
