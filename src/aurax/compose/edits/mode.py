"""Another mode on the same tonic: C major becomes C minor, note by note and chord by chord.

Each degree of the old scale becomes the same degree of the new one (from major to minor the third, sixth and seventh
fall by a semitone). A note outside the old scale stays where the new one has it, else it keeps its distance from the
degree below. Chords are built of the moved notes, so that harmony and melody agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from aurax.compose.edits.transpose import is_tuned, move_track
from aurax.score.chord import ChordSpan
from aurax.score.instrument import InstrumentInfo
from aurax.score.key import MODES, Key
from aurax.score.roman import NUMERALS, QUALITIES, diatonic_roman, numeral_of, parse_roman
from aurax.score.score import Note, Score


def set_mode(score: Score, mode: str, instruments: Mapping[str, InstrumentInfo]) -> Score:
    """The song in another mode on its own tonic; drums, risers and noise stay.

    Args:
        score: the song.
        mode: a name in `MODES`.
        instruments: installed instruments by name.
    """
    plan = score.plan
    if mode == plan.mode:
        return score
    steps = semitone_map(plan.mode, mode)
    key = Key(plan.tonic, mode)

    def pitch_of(note: Note) -> int:
        above = (note.pitch - key.tonic_pitch_class) % 12
        return note.pitch - above + steps[above]

    chords = tuple(_chord_in(span, key, steps) for span in plan.chords)
    return replace(
        score,
        plan=plan.model_copy(update={"mode": mode, "chords": chords}),
        tracks=tuple(
            move_track(track, pitch_of, instruments) if is_tuned(track, instruments) else track
            for track in score.tracks
        ),
    )


def semitone_map(old: str, new: str) -> tuple[int, ...]:
    """Where each of the twelve semitones above the tonic goes.

    Args:
        old: a name in `MODES`.
        new: another.
    """
    before, after = MODES[old], MODES[new]
    found = []
    for semitone in range(12):
        if semitone in before:
            found.append(after[before.index(semitone)])
        elif semitone in after:
            found.append(semitone)
        else:
            below = max(degree for degree, step in enumerate(before) if step < semitone)
            found.append(after[below] + semitone - before[below])
    return tuple(found)


def _chord_in(span: ChordSpan, key: Key, steps: tuple[int, ...]) -> ChordSpan:
    roman = _moved(span, key, steps) or diatonic_roman(span.chord.roman, key.mode)
    return replace(span, chord=parse_roman(roman, key))


def _moved(span: ChordSpan, key: Key, steps: tuple[int, ...]) -> str:
    """The numeral of a chord built of the moved notes; empty where such a chord has no name here."""
    chord = span.chord

    def moved(pitch_class: int) -> int:
        return steps[(pitch_class - key.tonic_pitch_class) % 12]

    root = moved(chord.root_pitch_class)
    intervals = tuple(
        12 * (interval // 12) + (moved(chord.root_pitch_class + interval) - root) % 12 for interval in chord.intervals
    )
    quality = None
    while quality is None and len(intervals) > 2:
        shape = tuple(3 if one == 4 else one for one in intervals[1:])
        quality = next((name for name, tones in QUALITIES.items() if tones == shape), None)
        # A chord without a name here loses what is stacked highest, until it has one.
        intervals = intervals if quality is not None else intervals[:-1]
    if quality is None:
        return ""
    third = next((one for one in intervals if one in (3, 4)), None)
    major = (
        third == 4 if third is not None else any(char.isupper() for char in chord.roman.split("/")[0] if char in "iIvV")
    )
    if quality[:1] in ("°", "ø") and major:
        return ""
    degree = NUMERALS.index(numeral_of(chord.roman).upper())
    numeral = NUMERALS[degree] if major else NUMERALS[degree].lower()
    return (
        _accidental(root - MODES["major"][degree])
        + numeral
        + quality
        + _bass(chord.bass_pitch_class, chord.root_pitch_class, moved(chord.bass_pitch_class))
    )


def _bass(bass: int, root: int, moved: int) -> str:
    """What puts the moved bass note below another root; empty for a chord on its root."""
    if bass == root:
        return ""
    major = MODES["major"]
    degree = major.index(moved) if moved in major else major.index(moved + 1)
    return f"/{'' if moved in major else 'b'}{degree + 1}"


def _accidental(semitones: int) -> str:
    semitones = (semitones + 6) % 12 - 6
    return "#" * semitones if semitones > 0 else "b" * -semitones
