"""What is known of an instrument without hearing it: role, range, parameters. The sound itself lives in `render`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from aurax.score.role import Role


class ParameterInfo(BaseModel):
    """One knob of an instrument."""

    model_config = ConfigDict(frozen=True)

    name: str
    default: float
    low: float
    high: float
    unit: str = ""
    meaning: str


class DrumVoiceInfo(BaseModel):
    """One drum of a kit."""

    model_config = ConfigDict(frozen=True)

    name: str
    """Such as `kick`, `snare`, `clap`, `rim`, `closed-hat`, `open-hat`, `shaker`, `tom-low`, `crash`."""
    pitch: int = Field(ge=0, le=127)
    """The General MIDI percussion key that plays it."""
    role: Role


class InstrumentInfo(BaseModel):
    """Description of an instrument; the composer and the judge see only this."""

    model_config = ConfigDict(frozen=True)

    name: str
    """Folder name, such as `electric-piano`."""
    title: str
    description: str
    roles: tuple[Role, ...]
    """Roles it can play, best first."""
    families: tuple[str, ...]
    """What it is, from the most to the least particular: `rhodes`, `electric piano`, `keys`. A prompt that asks for
    one of these gets what was asked for."""
    words: tuple[str, ...] = ()
    """Further words by which prompts ask for it, in any language and in lower case, besides those that
    `lexicon/instruments.toml` knows for its families."""
    stands_in_for: dict[str, float] = Field(default_factory=dict)
    """Instruments whose part it can play where they are not installed, and how near its sound comes (0 to 1): it is
    none of them, and a song that uses it in their place says so."""
    pitched: bool
    lowest_pitch: int = Field(ge=0, le=127)
    highest_pitch: int = Field(ge=0, le=127)
    polyphony: int = Field(ge=1, le=64)
    tail_s: float = Field(gt=0)
    """Longest sound after a note's gate closes; clips are rendered this much longer."""
    gm_program: int = Field(ge=0, le=127)
    """General MIDI program (from 0) that stands in for it elsewhere; unused for kits (channel 10)."""
    parameters: tuple[ParameterInfo, ...] = ()
    velocity_response: str
    """In words: what velocity does besides loudness."""
    drum_voices: tuple[DrumVoiceInfo, ...] = ()
    """Empty unless it is a kit."""

    @property
    def is_kit(self) -> bool:
        """Whether it is a drum kit (General MIDI channel 10)."""
        return bool(self.drum_voices)
