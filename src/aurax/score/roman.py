"""Roman numerals: chords written relative to a key, such as `ii9`, `bVImaj7`, `V7sus` or `IV/1`.

Conventions. A numeral stands for a degree of the *major* scale on the tonic, whatever the mode: in C minor `bVI` is
A♭ and `VI` is A. Upper case has a major third, lower case a minor third. What follows the numeral is the quality
(see `QUALITIES`), and `/n` puts degree *n* of the same major scale into the bass.
"""

from __future__ import annotations

import re

from aurax.errors import InvalidOption
from aurax.score.chord import Chord
from aurax.score.key import MODES, Key

NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII")
"""The seven degrees in order."""

QUALITIES: dict[str, tuple[int, ...]] = {
    "": (3, 7), "5": (7,), "6": (3, 7, 9), "69": (3, 7, 9, 14), "7": (3, 7, 10), "9": (3, 7, 10, 14),
    "11": (3, 7, 10, 14, 17), "13": (3, 7, 10, 14, 21), "maj7": (3, 7, 11), "maj9": (3, 7, 11, 14),
    "maj13": (3, 7, 11, 14, 21), "maj7#11": (3, 7, 11, 18), "7#11": (3, 7, 10, 18), "7b9": (3, 7, 10, 13),
    "7#9": (3, 7, 10, 15), "7b13": (3, 7, 10, 20), "7b5": (3, 6, 10), "b5": (3, 6), "add9": (3, 7, 14),
    "add11": (3, 7, 17), "sus": (5, 7), "sus4": (5, 7), "sus2": (2, 7), "7sus": (5, 7, 10), "9sus": (5, 7, 10, 14),
    "13sus": (5, 7, 10, 14, 21), "maj7sus": (5, 7, 11), "maj7sus2": (2, 7, 11), "7sus2": (2, 7, 10), "°": (3, 6),
    "°7": (3, 6, 9), "ø7": (3, 6, 10), "+": (3, 8), "maj7b5": (3, 6, 11), "addb9": (3, 7, 13), "9b5": (3, 6, 10, 14),
    "maj9#11": (3, 7, 11, 14, 18), "maj7b9": (3, 7, 11, 13), "°addb9": (3, 6, 13), "7b5b9": (3, 6, 10, 13),
}  # fmt: skip
"""Quality suffixes to semitones above the root; a third is written 3 and raised for upper-case numerals."""

_PATTERN = re.compile(r"(?P<accidental>[b#]*)(?P<numeral>[iv]+|[IV]+)(?P<quality>[^/]*)(?:/(?P<bass>[b#]?[1-7]))?$")
_LETTERS = "CDEFGAB"
_NATURALS = (0, 2, 4, 5, 7, 9, 11)
_SHARP_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


def parse_roman(roman: str, key: Key) -> Chord:
    """Read one roman numeral in a key.

    Args:
        roman: such as `"iv6"`, `"#i°7"` or `"I/3"`.
        key: only its tonic matters, since numerals name major-scale degrees.

    Raises:
        InvalidOption: the text is no roman numeral that AURA-X knows.
    """
    match = _PATTERN.match(roman)
    numeral = match["numeral"] if match else ""
    if match is None or numeral.upper() not in NUMERALS or match["quality"] not in QUALITIES:
        raise InvalidOption("a roman numeral such as ii9, bVImaj7 or IV/1", repr(roman), "see score/roman.py")
    degree = NUMERALS.index(numeral.upper())
    root_offset = _degree_semitones(degree, match["accidental"])
    intervals = _intervals(match["quality"], major=numeral.isupper())
    root = (key.tonic_pitch_class + root_offset) % 12
    bass, slash = root, ""
    root_name = spell(key, degree, root)
    if match["bass"]:
        bass_degree = int(match["bass"][-1]) - 1
        bass = (key.tonic_pitch_class + _degree_semitones(bass_degree, match["bass"][:-1])) % 12
        slash = f"/{spell(key, bass_degree, bass)}" if bass != root else ""
    return Chord(root_name + _quality_symbol(match["quality"], numeral.isupper()) + slash, roman, root, intervals, bass)


def diatonic_roman(roman: str, mode: str) -> str:
    """Return the nearest chord that uses only notes of a mode: same degree and size, thirds stacked within the mode.

    Args:
        roman: a numeral as `parse_roman` reads it.
        mode: a name in `MODES`.

    Raises:
        InvalidOption: no such numeral.
    """
    chord = parse_roman(roman, Key("C", mode))
    steps = MODES[mode]
    allowed = set(steps)
    if set(chord.pitch_classes) <= allowed and chord.bass_pitch_class in allowed:
        return roman
    match = _PATTERN.match(roman)
    assert match is not None  # parse_roman has accepted the text
    degree = NUMERALS.index(match["numeral"].upper())
    root = steps[degree]
    if (steps[(degree + 4) % 7] - root) % 12 != 7:
        degree = (degree - 2) % 7  # a third lower shares two notes and has a perfect fifth
        root = steps[degree]
    third, fifth, seventh, ninth, fourth = ((steps[(degree + jump) % 7] - root) % 12 for jump in (2, 4, 6, 1, 3))
    wanted = chord.intervals
    tones = [0]
    suspended = not any(interval in (3, 4) for interval in wanted)
    if suspended and any(interval == 5 for interval in wanted) and fourth == 5:
        tones.append(5)
    elif suspended and any(interval == 2 for interval in wanted) and ninth == 2:
        tones.append(2)
    elif len(wanted) > 2:
        tones.append(third)
    tones.append(fifth)
    if any(interval in (10, 11) for interval in wanted) or roman.endswith("°7"):
        tones.append(seventh)
    if any(interval in (13, 14, 15) for interval in wanted) and ninth == 2:
        tones.append(14)
    quality = _name_quality(tuple(tones))
    numeral = NUMERALS[degree] if third == 4 or 3 not in tones else NUMERALS[degree].lower()
    bass = match["bass"]
    slash = ""
    if bass:
        bass_degree = int(bass[-1]) - 1
        slash = f"/{_accidental(steps[bass_degree] - MODES['major'][bass_degree])}{bass_degree + 1}"
    return _accidental(root - MODES["major"][degree]) + numeral + quality + slash


def numeral_of(roman: str) -> str:
    """The numeral alone, such as `VI` of `bVImaj7`.

    Raises:
        InvalidOption: the text is no roman numeral.
    """
    match = _PATTERN.match(roman)
    if match is None or match["numeral"].upper() not in NUMERALS:
        raise InvalidOption("a roman numeral such as ii9, bVImaj7 or IV/1", repr(roman), "see score/roman.py")
    return match["numeral"]


def spell(key: Key, degree: int, pitch_class: int) -> str:
    """Name a pitch class by the letter of its degree, such as G♭ (not F♯) for the flat fifth of C.

    Args:
        key: whose tonic letter counts as the first degree.
        degree: 0 for the tonic's letter, 6 for the seventh.
        pitch_class: what must be named; double accidentals fall back to the usual name.
    """
    letter = (_LETTERS.index(key.tonic[0]) + degree) % 7
    bend = (pitch_class - _NATURALS[letter] + 6) % 12 - 6
    return _LETTERS[letter] + _accidental(bend) if abs(bend) <= 1 else _SHARP_NAMES[pitch_class]


def _degree_semitones(degree: int, accidental: str) -> int:
    return MODES["major"][degree] + accidental.count("#") - accidental.count("b")


def _intervals(quality: str, *, major: bool) -> tuple[int, ...]:
    raised = major and quality[:1] not in ("°", "ø")
    return (0, *(4 if interval == 3 and raised else interval for interval in QUALITIES[quality]))


def _accidental(semitones: int) -> str:
    return "#" * semitones if semitones > 0 else "b" * -semitones


def _quality_symbol(quality: str, major: bool) -> str:
    has_third = 3 in QUALITIES[quality]
    return quality if major or not has_third or quality[:1] in ("°", "ø") else f"m{quality}"


def _name_quality(tones: tuple[int, ...]) -> str:
    """Find the suffix whose intervals are the given ones (thirds written 3)."""
    shape = tuple(3 if tone == 4 else tone for tone in tones[1:])
    for quality, intervals in QUALITIES.items():
        if intervals == shape:
            return quality
    return _name_quality(tones[:-1]) if len(tones) > 3 else ""
