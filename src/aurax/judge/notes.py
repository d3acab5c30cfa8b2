"""What several symbolic criteria ask of a Score: who sounds in which bar, over which chord."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator

from aurax.score.chord import ChordSpan
from aurax.score.plan import Plan
from aurax.score.role import DRUM_ROLES, PITCHED_ROLES, Role
from aurax.score.score import Note, Score, Track

BED_ROLES: frozenset[Role] = frozenset({"fx", "texture"})
"""Roles that fill the background; they neither carry a bar nor must be as loud as an instrument."""


def pitched_tracks(score: Score) -> tuple[Track, ...]:
    """Tracks whose notes carry harmony or melody."""
    return tuple(track for track in score.tracks if track.role in PITCHED_ROLES and not track.is_drums)


def tracks_named(score: Score, word: str) -> tuple[Track, ...]:
    """Tracks of a role or an instrument family; `drums` is every drum role."""
    if word == "drums":
        return tuple(track for track in score.tracks if track.is_drums or track.role in DRUM_ROLES)
    return tuple(track for track in score.tracks if track.role == word or word in track.families)


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
