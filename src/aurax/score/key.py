"""Keys and modes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from aurax.errors import InvalidOption

PITCH_CLASSES = {
    "C": 0, "B#": 0, "C#": 1, "Db": 1, "D": 2, "D#": 3, "Eb": 3, "E": 4, "Fb": 4, "E#": 5, "F": 5, "F#": 6,
    "Gb": 6, "G": 7, "G#": 8, "Ab": 8, "A": 9, "A#": 10, "Bb": 10, "B": 11, "Cb": 11,
}  # fmt: skip
"""Spelled note names to pitch classes, C = 0."""

MODES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
}
"""Mode names to the semitones of their seven degrees above the tonic."""


@dataclass(frozen=True, slots=True)
class Key:
    """A tonic and a mode, such as F# and dorian.

    Args:
        tonic: a spelled note name, such as `"Bb"`.
        mode: a name in `MODES`.

    Raises:
        InvalidOption: no such tonic or mode.
    """

    tonic: str
    mode: str

    def __post_init__(self) -> None:
        if self.tonic not in PITCH_CLASSES:
            raise InvalidOption("a tonic from C to B with # or b", repr(self.tonic), "write it like 'F#' or 'Bb'")
        if self.mode not in MODES:
            raise InvalidOption(f"a mode among {', '.join(MODES)}", repr(self.mode), "choose one of these")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `"F# minor"`."""
        tonic, _, mode = text.strip().partition(" ")
        return cls(tonic, mode or "major")

    @property
    def tonic_pitch_class(self) -> int:
        """Pitch class of the tonic, C = 0."""
        return PITCH_CLASSES[self.tonic]

    @property
    def is_minor(self) -> bool:
        """Whether the third above the tonic is minor."""
        return 3 in MODES[self.mode]

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """The seven pitch classes in the order of their degrees."""
        return tuple((self.tonic_pitch_class + step) % 12 for step in MODES[self.mode])

    def degree_pitch(self, degree: int, octave: int) -> int:
        """MIDI pitch of a scale degree.

        Args:
            degree: 0 is the tonic; any integer, negative or above 6, moves through octaves.
            octave: the octave in which degree 0 is (C4 = 60 is in octave 4).
        """
        octaves, step = divmod(degree, 7)
        return 12 * (octave + 1 + octaves) + self.tonic_pitch_class + MODES[self.mode][step]

    def __str__(self) -> str:
        return f"{self.tonic} {self.mode}"


def pitch_to_hz(pitch: float) -> float:
    """Frequency of a MIDI pitch in equal temperament, A4 = 69 = 440 Hz."""
    return float(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))
