"""A song while notes are carried out on it, and what that is done with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from aurax.intent.intent import Intent, StyleInfo
from aurax.intent.reader import analyze
from aurax.intent.revision import Change
from aurax.judge.verdict import Layer
from aurax.mix.settings import MixSettings
from aurax.score.asked import AskedSound
from aurax.score.instrument import InstrumentInfo
from aurax.score.score import Score

LAYERS: tuple[Layer, ...] = ("plan", "score", "mix", "master")
"""Dearest first."""

GENERATED = "its sound was generated, so single notes cannot be changed"


@dataclass(frozen=True)
class Tools:
    """What is installed.

    Args:
        styles: by name.
        instruments: by name.
    """

    styles: Mapping[str, StyleInfo]
    instruments: Mapping[str, InstrumentInfo]

    def read(self, words: str) -> Intent:
        """What words ask for, read like a prompt.

        Raises:
            InvalidPrompt: they ask for something impossible.
        """
        return analyze(words, list(self.styles.values()), list(self.instruments.values()))


@dataclass(frozen=True)
class RevisedSong:
    """A song as it is so far.

    Args:
        intent: what is asked.
        score: its notes; None while there are none.
        mix: how it is mixed.
        seed: of the take.
        anew: whether other notes are composed or other sound is generated, so that all must be in the intent.
        generated: whether its sound was generated.
        layer: the dearest layer that changed so far; None while nothing has.
        note: the note that is carried out.
    """

    intent: Intent
    score: Score | None
    mix: MixSettings
    seed: int
    anew: bool = False
    generated: bool = False
    layer: Layer | None = None
    note: str = ""

    def changed(self, layer: Layer, **fields: Any) -> RevisedSong:
        """The song with other values, made again from a layer on."""
        if self.anew and layer == "score":
            layer = "plan"
        layers = [one for one in (self.layer, layer) if one is not None]
        return replace(self, layer=min(layers, key=LAYERS.index), **fields)

    def with_sound(self, layer: Layer, asked: AskedSound) -> RevisedSong:
        """The song with another sound, as asked for."""
        return self.changed(layer, mix=self.mix.model_copy(update={"asked": asked}))

    @property
    def editable(self) -> Score | None:
        """The notes where they stay and can be edited."""
        return None if self.anew or self.generated else self.score


Doing = Callable[[Change, RevisedSong, Tools], tuple[RevisedSong, Change]]
"""Carries one change out; returns the song, and the change with what became of it."""


def refused(change: Change, reason: str) -> Change:
    """A change that is not done."""
    return change.model_copy(update={"fate": "not_done", "substitute": "", "reason": reason})


def done(change: Change, remark: str = "") -> Change:
    """A change that is done as asked, with what else a person should know."""
    return change.model_copy(update={"fate": "exact", "substitute": "", "reason": remark})


def instead(change: Change, substitute: str, reason: str) -> Change:
    """A change in whose place something else is done."""
    return change.model_copy(update={"fate": "substituted", "substitute": substitute, "reason": reason})


def steps_of(change: Change) -> float:
    """How strongly a change without a number is meant; 1 where it says nothing."""
    return 1.0 if change.amount is None else change.amount
