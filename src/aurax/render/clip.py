"""Clips: a few notes of one voice, rendered on their own with their release tail, and known by their content."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import NamedTuple

from aurax.audio.waveform import SAMPLE_RATE
from aurax.render.instrument import Voice

ENGINE = f"dawdreamer {version('dawdreamer')}, single notes 2"
"""What rendered a clip; raise the last number when the same clip would sound different."""


class ClipNote(NamedTuple):
    """One note inside a clip, in frames from the clip's first note."""

    start_frame: int
    frames: int
    """Length of the gate."""
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Clip:
    """What has to be rendered. Equal clips have equal keys, wherever in a song they are.

    Args:
        instrument: the instrument's name, for messages only; no part of the key.
        voice: the program that plays it.
        notes: in order of time; the first starts at frame 0.
        parameters: value of every slider that the voice follows.
        sample_rate: frames a second.
    """

    instrument: str
    voice: Voice
    notes: tuple[ClipNote, ...]
    parameters: tuple[tuple[str, float], ...]
    sample_rate: int = SAMPLE_RATE

    @property
    def tail_frames(self) -> int:
        """How long a note is rendered after its gate has closed."""
        return round(self.voice.tail_s * self.sample_rate)

    @property
    def frames(self) -> int:
        """Length: until the last gate has closed and its tail has rung out."""
        return max(note.start_frame + note.frames for note in self.notes) + self.tail_frames

    @cached_property
    def key(self) -> str:
        """Hash of everything that decides how it sounds: 32 hexadecimal digits."""
        voice = self.voice
        content = json.dumps(
            [
                ENGINE,
                voice.program_key,
                self.tail_frames,
                voice.frequency_pitch,
                sorted({**dict(self.parameters), **voice.parameters}.items()),
                self.sample_rate,
                self.notes,
            ],
            separators=(",", ":"),
        )
        return hashlib.sha256(content.encode()).hexdigest()[:32]
