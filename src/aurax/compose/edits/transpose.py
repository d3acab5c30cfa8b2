"""Another key for the same music: every pitched part and every chord moves by the same interval."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from aurax.errors import InvalidOption
from aurax.score.chord import Chord, ChordSpan
from aurax.score.instrument import InstrumentInfo
from aurax.score.key import Key
from aurax.score.role import ROLE_RANGES
from aurax.score.roman import parse_roman
from aurax.score.score import Note, Score, Track

_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


def moved_tonic(tonic_pitch_class: int, semitones: int) -> str:
    """Usual name of the tonic that lies some semitones above another."""
    return _NAMES[(tonic_pitch_class + semitones) % 12]


def nearest_interval(old_pitch_class: int, new_pitch_class: int) -> int:
    """The smallest move from one pitch class to another, −5 to 6 semitones."""
    interval = (new_pitch_class - old_pitch_class) % 12
    return interval - 12 if interval > 6 else interval


def transpose(score: Score, semitones: int, instruments: Mapping[str, InstrumentInfo], tonic: str = "") -> Score:
    """The song in another key of the same mode.

    Drums, risers and noise stay. A part whose range ends moves by an octave as a whole where that fits, else single
    notes do.

    Args:
        score: the song.
        semitones: how far up, down where negative.
        instruments: installed instruments by name.
        tonic: name of the new tonic; its usual one by default.
    """
    plan = score.plan
    key = Key(tonic or moved_tonic(plan.key.tonic_pitch_class, semitones), plan.mode)
    chords = tuple(_chord_in(span, key, semitones) for span in plan.chords)
    return replace(
        score,
        plan=plan.model_copy(update={"tonic": key.tonic, "chords": chords}),
        tracks=tuple(
            move_track(track, lambda note: note.pitch + semitones, instruments)
            if is_tuned(track, instruments)
            else track
            for track in score.tracks
        ),
    )


def shift_octaves(
    score: Score, names: Collection[str], octaves: int, instruments: Mapping[str, InstrumentInfo]
) -> Score:
    """The song with some parts in another octave, as far as their instruments reach.

    Args:
        score: the song.
        names: of tracks.
        octaves: how far up, down where negative.
        instruments: installed instruments by name.
    """
    return replace(
        score,
        tracks=tuple(
            move_track(track, lambda note: note.pitch + 12 * octaves, instruments)
            if track.name in names and is_tuned(track, instruments)
            else track
            for track in score.tracks
        ),
    )


def is_tuned(track: Track, instruments: Mapping[str, InstrumentInfo]) -> bool:
    """Whether a track's pitches are pitches: not those of drums, risers and noise."""
    info = instruments.get(track.instrument)
    return not track.is_drums and track.role not in ("texture",) and (info is None or info.pitched)


def move_track(track: Track, pitch_of: Callable[[Note], int], instruments: Mapping[str, InstrumentInfo]) -> Track:
    """A track with other pitches, kept within what its instrument plays and its role sounds well in.

    Args:
        track: what moves.
        pitch_of: the pitch that each note is meant to get.
        instruments: installed instruments by name.
    """
    low, high = range_of(track, instruments)
    meant = [pitch_of(note) for note in track.notes]
    shift = _octave_for(meant, low, high)
    moved = [
        replace(note, pitch=_folded(pitch + shift, low, high)) for note, pitch in zip(track.notes, meant, strict=True)
    ]
    return replace(track, notes=_once(moved))


def range_of(track: Track, instruments: Mapping[str, InstrumentInfo]) -> tuple[int, int]:
    """Lowest and highest pitch for a track; what it plays already is always in it."""
    info = instruments.get(track.instrument)
    low, high = (info.lowest_pitch, info.highest_pitch) if info is not None else (0, 127)
    role_low, role_high = ROLE_RANGES.get(track.role, (0, 127))
    low, high = max(low, role_low), min(high, role_high)
    own = [note.pitch for note in track.notes]
    return min([low, *own]), max([high, *own])


def _octave_for(pitches: Iterable[int], low: int, high: int) -> int:
    """By how many semitones of whole octaves all pitches move so that they fit; 0 where they fit or cannot."""
    pitches = list(pitches)
    if not pitches:
        return 0
    for octaves in (0, -1, 1):
        if all(low <= pitch + 12 * octaves <= high for pitch in pitches):
            return 12 * octaves
    return 0


def _folded(pitch: int, low: int, high: int) -> int:
    while pitch > high and pitch - 12 >= low:
        pitch -= 12
    while pitch < low and pitch + 12 <= high:
        pitch += 12
    return min(127, max(0, pitch))


def _once(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Notes in order, each pitch once at a time."""
    kept: dict[tuple[int, int], Note] = {}
    for note in notes:
        same = kept.get((note.start_ticks, note.pitch))
        if same is None or note.duration_ticks > same.duration_ticks:
            kept[note.start_ticks, note.pitch] = note
    return tuple(sorted(kept.values(), key=lambda one: (one.start_ticks, one.pitch)))


def _chord_in(span: ChordSpan, key: Key, semitones: int) -> ChordSpan:
    try:
        chord = parse_roman(span.chord.roman, key)
    except InvalidOption:
        old = span.chord
        root, bass = ((one + semitones) % 12 for one in (old.root_pitch_class, old.bass_pitch_class))
        chord = Chord(old.symbol, old.roman, root, old.intervals, bass)
    return replace(span, chord=chord)
