"""The Intent: what the person wants, and where each wish was read."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from aurax.intent.contract import Contract
from aurax.intent.wish import Wish
from aurax.score.character import Character
from aurax.score.time import Meter


class StyleInfo(BaseModel):
    """What the prompt reader must know of a style; every style file carries one."""

    model_config = ConfigDict(frozen=True)

    name: str
    """Such as `deep-house`."""
    title: str
    aliases: tuple[str, ...]
    """Lower-case words and phrases without accents that mean this style and no neighbour of it, in any language."""
    moods: tuple[str, ...] = ()
    """Words that point toward it without naming it, such as `rainy night` or `neon`."""
    tempo_range_bpm: tuple[float, float]
    """In which songs are made whose prompt says nothing of tempo."""
    usual_tempo_range_bpm: tuple[float, float] | None = None
    """In which people make such music, for "fast" and "slow"; the range above when None."""
    typical_tempo_bpm: float
    typical_keys: tuple[str, ...]
    """Such as `"D minor"`, best first."""
    typical_duration_s: float
    eras: tuple[str, ...] = ()
    """Decades whose music it is, such as `1980s`."""


class NoteEdit(BaseModel):
    """Something that is done to finished notes because a follow-up note asks for it, also where they are composed anew.

    Sections are form words, with a number where one of several is meant: `verse 2`, `chorus -1` for the last one.
    """

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    kind: Literal["rest", "octaves"]
    names: tuple[str, ...]
    """Parts as they were named."""
    played_by: tuple[str, ...]
    """Roles, families and instruments that are meant."""
    sections: tuple[str, ...] = ()
    """Where the parts rest; empty for everywhere."""
    elsewhere: bool = False
    """Whether they rest in all other sections instead."""
    octaves: int = 0
    """How far up, down where negative."""

    @property
    def words(self) -> str:
        """What is asked, in plain English: `drums only in the chorus`."""
        parts = " and ".join(self.names)
        if self.kind == "octaves":
            many = "an octave" if abs(self.octaves) == 1 else f"{abs(self.octaves)} octaves"
            return f"{parts} {many} {'higher' if self.octaves > 0 else 'lower'}"
        sections = " and the ".join(map(section_words, self.sections))
        return f"{parts} {'only' if self.elsewhere else 'not'} in the {sections}"


def section_words(section: str) -> str:
    """A section in plain English: `second verse` for `verse 2`, `last chorus` for `chorus -1`."""
    name, _, number = section.partition(" ")
    return f"{_NUMBERS.get(number, number)} {name}" if number else name


_NUMBERS = {"1": "first", "2": "second", "3": "third", "-1": "last"}


class Intent(BaseModel):
    """A prompt, understood. Empty fields leave the choice to the style."""

    model_config = ConfigDict(frozen=True)

    prompt: str
    title: str
    style: str
    moods: tuple[str, ...] = ()
    tempo_bpm: float | None = None
    """Asked-for tempo, exact if given as a number."""
    tonic: str | None = None
    mode: str | None = None
    meter: Meter | None = None
    duration_s: float = Field(gt=0)
    """Asked-for length; where `bars` are given, about how long they last without the ending."""
    bars: int | None = Field(default=None, ge=1)
    """Asked-for number of bars, exact; the ending rings after them, a loop has nothing after them."""
    loop: bool = False
    """Whether its end must go on in its start; `bars` is given then."""
    wanted: tuple[str, ...] = ()
    """Instrument families or roles that must be heard, such as `electric piano`."""
    unwanted: tuple[str, ...] = ()
    """Instrument families or roles that must not be heard, such as `drums` or `piano`."""
    only_wanted: bool = False
    """Whether nothing but the wanted instruments may play ("solo piano", "bass and drums only")."""
    energy_shape: Literal["style", "builds", "fades", "flat"] = "style"
    ending: Literal["style", "fade", "hit", "ring"] = "style"
    sections: tuple[str, ...] = ()
    """Form words the prompt asked for, in its order, such as `chorus`, `bridge`; empty for the style's own form."""
    section_bars: tuple[int, ...] = ()
    """How many bars each of `sections` has, where the prompt says so for all of them; empty otherwise."""
    refused_sections: tuple[str, ...] = ()
    """Form words the prompt refused, such as `break`."""
    refused_endings: tuple[str, ...] = ()
    """Endings the prompt refused, such as `fade`."""
    character: Character = Character()
    loudness_lufs: float | None = None
    commercial: bool = False
    """Whether the song is meant for commercial use, so that weights which forbid it must not be used."""
    edits: tuple[NoteEdit, ...] = ()
    """What follow-up notes ask to be done to finished notes, in their order."""
    contract: Contract
    wishes: tuple[Wish, ...] = ()
    """Everything the prompt asks for, in its order, with what becomes of it; words that nobody understood included."""
    assumptions: tuple[str, ...] = ()
    """Sentences that say what was assumed, such as how a contradiction was settled."""
    unknown_words: tuple[str, ...] = ()
    """Words of the prompt that changed nothing."""
