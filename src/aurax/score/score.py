"""The Score: every note of a song, and the automation that moves with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pydantic import TypeAdapter

from aurax.score.plan import Plan
from aurax.score.role import DRUM_ROLES, Role

LaneParameter = Literal["level_db", "lowpass_hz", "highpass_hz", "reverb_send_db", "delay_send_db", "width_percent"]
"""What an automation lane moves on its track's strip. `*_db` and `width_percent` are offsets against the strip's own
setting (0 dB, 100 %); `*_hz` are absolute cutoffs."""


@dataclass(frozen=True, slots=True)
class Note:
    """One note.

    Args:
        start_ticks: its place on the grid, from the song's start.
        duration_ticks: gate length, greater than 0.
        pitch: MIDI pitch, or the General MIDI key of a drum.
        velocity: 1 to 127.
        offset_ticks: groove; how far it is played from its place on the grid (late is positive).
    """

    start_ticks: int
    duration_ticks: int
    pitch: int
    velocity: int
    offset_ticks: int = 0

    @property
    def played_ticks(self) -> int:
        """When it sounds: grid place plus groove, never before the song's start."""
        return max(0, self.start_ticks + self.offset_ticks)

    @property
    def end_ticks(self) -> int:
        """First tick after its gate, on the grid."""
        return self.start_ticks + self.duration_ticks


@dataclass(frozen=True, slots=True)
class AutomationLane:
    """A curve over the song, linear between its points (in the logarithm for frequencies), flat outside them.

    Args:
        parameter: what moves.
        points: (tick, value) pairs in rising order of ticks.
    """

    parameter: LaneParameter
    points: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Track:
    """Everything one part plays.

    Args:
        name: the part's name.
        role: what it does.
        instrument: instrument name.
        families: the instrument's families, for checks that cannot see instruments.
        gm_program: General MIDI program (from 0).
        is_drums: whether its pitches are General MIDI drum keys.
        notes: in order of `start_ticks`, then pitch.
        parameters: knob positions of the instrument, constant over the song.
        lanes: automation of the track's strip.
    """

    name: str
    role: Role
    instrument: str
    families: tuple[str, ...]
    gm_program: int
    is_drums: bool
    notes: tuple[Note, ...]
    parameters: dict[str, float] = field(default_factory=dict)
    lanes: tuple[AutomationLane, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """A plan and its notes.

    Args:
        plan: key, tempo, sections, chords, sound.
        tracks: one for each part that plays at least one note, in the order of the plan's parts.
        origin: `composed` notes were written and then played; `transcribed` ones were heard in generated audio.
    """

    plan: Plan
    tracks: tuple[Track, ...]
    origin: Literal["composed", "transcribed"] = "composed"

    def track(self, name: str) -> Track:
        """The track of that name.

        Raises:
            KeyError: no such track.
        """
        for track in self.tracks:
            if track.name == name:
                return track
        raise KeyError(name)

    def named(self, word: str) -> tuple[Track, ...]:
        """Tracks of a role, an instrument or one of its families; `drums` is every drum role."""
        if word == "drums":
            return tuple(track for track in self.tracks if track.is_drums or track.role in DRUM_ROLES)
        return tuple(track for track in self.tracks if word in (track.role, track.instrument) or word in track.families)

    def to_json(self) -> bytes:
        """Serialise, for storage and for `score.json`."""
        return _SCORE.dump_json(self)

    @staticmethod
    def from_json(text: bytes | str) -> Score:
        """Read what `to_json` wrote.

        Raises:
            pydantic.ValidationError: the text is no score.
        """
        return _SCORE.validate_json(text)


_SCORE = TypeAdapter(Score)
