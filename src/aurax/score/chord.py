"""Chords: a root, its intervals, and where the bass is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chord:
    """One sonority in one key.

    Args:
        symbol: absolute name, such as `"Am9"` or `"F/C"`.
        roman: name relative to the key, such as `"i9"` or `"bVImaj7"`.
        root_pitch_class: C = 0.
        intervals: semitones above the root in rising order, starting with 0; extensions exceed 12 (a ninth is 14).
        bass_pitch_class: the lowest note's pitch class; differs from the root in inversions and over pedals.
    """

    symbol: str
    roman: str
    root_pitch_class: int
    intervals: tuple[int, ...]
    bass_pitch_class: int

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """Pitch classes of the chord's notes, root first."""
        return tuple((self.root_pitch_class + interval) % 12 for interval in self.intervals)


@dataclass(frozen=True, slots=True)
class ChordSpan:
    """A chord and the time for which it sounds.

    Args:
        start_ticks: from the song's start.
        duration_ticks: greater than 0.
        chord: what sounds.
    """

    start_ticks: int
    duration_ticks: int
    chord: Chord

    @property
    def end_ticks(self) -> int:
        """First tick after the span."""
        return self.start_ticks + self.duration_ticks
