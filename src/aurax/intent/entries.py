"""Entries of the lexicon: what a phrase of a prompt can mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Genre:
    """A genre that prompts name.

    Args:
        name: in plain English, such as `drum and bass`.
        family: what it is a kind of; empty for installed styles.
        tempo_bpm: slowest and fastest usual tempo.
        typical_bpm: its usual tempo.
        style: the installed style that makes exactly this; empty where none does.
        nearest: installed styles that come near, with how near (0 to 1), nearest first.
        not_before: words before which its name only colours something: "jazz guitar" asks for no jazz.
        not_after: words after which its name means something else: "haunted house".
        sung: whether it is sung by its nature, as a gregorian chant is.
    """

    name: str
    family: str
    tempo_bpm: tuple[float, float]
    typical_bpm: float
    style: str = ""
    nearest: tuple[tuple[str, float], ...] = ()
    not_before: tuple[str, ...] = ()
    not_after: tuple[str, ...] = ()
    sung: bool = False


@dataclass(frozen=True)
class InstrumentWord:
    """A kind of instrument, or a part, that prompts name.

    Args:
        name: in plain English, such as `cello`.
        family: what it is a kind of.
        role: the role in the song where the word means a part, such as `lead` for a melody; else empty.
        part_of: the wider word it belongs to, such as `drums` for a snare; else empty.
        weak: whether naming it mostly means the whole piece ("a lofi beat") and asks for nothing.
        kind_of: the wider names, nearest first: who wants one of them is content with this.
        refuses_too: other names that are refused with this one.
        says: moods and qualities of sound that its words ask for as well.
    """

    name: str
    family: str
    role: str = ""
    part_of: str = ""
    weak: bool = False
    kind_of: tuple[str, ...] = ()
    refuses_too: tuple[str, ...] = ()
    says: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mood:
    """A mood or a quality of sound, and what it changes.

    Args:
        name: how the Intent calls it.
        kind: a feeling or scene, or how it sounds.
        change: fields of `Character` to add (`attack_scale` multiplies).
        mode: the mode it leans to.
        tempo_bpm: a tempo that the scene implies.
        shape: `builds`, `fades` or `flat` where it shapes the energy.
        not_done: why nothing changes for it; empty where something does.
        scoped: nouns after which it speaks of that thing and not of the song.
        scene: whether it names a place or a purpose, and means a feeling only by the way.
    """

    name: str
    kind: Literal["mood", "production"]
    change: Mapping[str, float] = field(default_factory=dict)
    mode: str | None = None
    tempo_bpm: float | None = None
    shape: str | None = None
    not_done: str = ""
    scoped: tuple[str, ...] = ()
    scene: bool = False

    @property
    def changes_something(self) -> bool:
        """Whether a song sounds different for it."""
        return bool(self.change or self.mode or self.tempo_bpm or self.shape)


@dataclass(frozen=True)
class VoiceWord:
    """Words for human voices.

    Args:
        name: in plain English, such as `female vocals`.
        kind: `sung`, `rapped`, `choir` …; `none` for words such as "instrumental", which refuse voices.
    """

    name: str
    kind: str


@dataclass(frozen=True)
class Likeness:
    """Somebody or something that a song may be like, as attributes of style.

    Args:
        name: as usually written.
        genre: name of a genre or an installed style.
        moods: plain words.
        instruments: names of instruments.
        tempo_bpm: a usual tempo.
        era: a decade, such as `1970s`.
        needs_like: whether its name is also an ordinary word, so that it counts only after "like" and its kind.
    """

    name: str
    genre: str = ""
    moods: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()
    tempo_bpm: float | None = None
    era: str = ""
    needs_like: bool = False


@dataclass(frozen=True)
class StructureWord:
    """Words about the form.

    Args:
        kind: what it is about.
        name: such as `chorus`, `fade`, `builds`.
        not_done: why it is not done; empty where it is.
    """

    kind: Literal["section", "ending", "shape", "other"]
    name: str
    not_done: str = ""


@dataclass(frozen=True)
class Filler:
    """A word that carries no wish."""


Entry = Genre | InstrumentWord | Mood | VoiceWord | Likeness | StructureWord | Filler

PRECEDENCE: tuple[type[Entry], ...] = (
    Likeness, Genre, InstrumentWord, VoiceWord, StructureWord, Mood, Filler,
)  # fmt: skip
"""Which meaning counts where one phrase has several; a longer phrase comes before a shorter one in any case."""
