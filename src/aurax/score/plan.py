"""The Plan: a song before its notes."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from aurax.score.character import Character
from aurax.score.chord import ChordSpan
from aurax.score.key import Key
from aurax.score.production import ProductionProfile
from aurax.score.role import Role
from aurax.score.time import Meter, TimeGrid

LOOP_ENDING = "loop"
"""The ending of a plan that has none."""


class Section(BaseModel):
    """A named stretch of whole bars with one energy."""

    model_config = ConfigDict(frozen=True)

    name: str
    """A form word: intro, verse, chorus, bridge, break, build, outro. May repeat within a song."""
    start_bar: int = Field(ge=0)
    bars: int = Field(ge=1)
    energy: float = Field(ge=0, le=10)
    """0 is silence, 10 the loudest and fullest the style knows."""
    parts: tuple[str, ...]
    """Names of the parts that play here."""

    @property
    def end_bar(self) -> int:
        """First bar after the section."""
        return self.start_bar + self.bars


class Part(BaseModel):
    """One voice of the arrangement: who plays which role."""

    model_config = ConfigDict(frozen=True)

    name: str
    """Unique in the song; the role's name unless two parts share a role."""
    role: Role
    instrument: str
    families: tuple[str, ...] = ()
    parameters: dict[str, float] = {}


class Plan(BaseModel):
    """Key, tempo, sections, parts, chords and the sound aimed at."""

    model_config = ConfigDict(frozen=True)

    title: str
    style: str
    tonic: str
    mode: str
    tempo_bpm: float = Field(gt=0)
    """Quarter notes a minute, constant over the song."""
    meter: Meter
    swing_percent: float = Field(default=50.0, ge=50, le=75)
    """Where the off-16th falls inside its 8th: 50 is straight, 66 a triplet."""
    seed: int = Field(ge=0)
    sections: tuple[Section, ...]
    parts: tuple[Part, ...]
    chords: tuple[ChordSpan, ...]
    """One after the other without gaps from tick 0 to the last bar."""
    tail_s: float = Field(ge=0)
    """Time after the last bar in which the ending rings out; the song lasts `bars` + `tail_s`."""
    ending: str = "ring"
    """How it ends: `hit`, `ring`, `strip`, `fade`, or not at all: the end of a `loop` goes on in its start."""
    character: Character = Character()
    production: ProductionProfile
    remarks: tuple[str, ...] = ()
    """Sentences on wishes that could not be met as asked."""
    credits: tuple[str, ...] = ()
    """Models that made some of the audio, and their licences; empty where instruments played all of it."""

    @property
    def key(self) -> Key:
        """Tonic and mode."""
        return Key(self.tonic, self.mode)

    @property
    def grid(self) -> TimeGrid:
        """Tempo and meter."""
        return TimeGrid(self.tempo_bpm, self.meter)

    @property
    def is_loop(self) -> bool:
        """Whether the last bar goes on in the first, so that the piece has no end."""
        return self.ending == LOOP_ENDING

    @property
    def bars(self) -> int:
        """Number of bars."""
        return max(section.end_bar for section in self.sections)

    @property
    def duration_s(self) -> float:
        """Length of the finished audio in seconds."""
        return self.grid.bars_to_s(self.bars) + self.tail_s

    def section_at(self, bar: int) -> Section:
        """The section that holds a bar (from 0); the last section for bars after the end."""
        for section in self.sections:
            if bar < section.end_bar:
                return section
        return self.sections[-1]
