"""Revisions: follow-up notes on a song that is there or in the making, understood.

A note such as "slower, and without drums" becomes changes, each with its words, its scope and what becomes of it. Rules
read notes today; whatever reads them later gives the same values.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from aurax.intent.wish import Fate

ChangeKind = Literal[
    "tempo", "key", "mode", "length", "level", "brightness", "bass", "warmth", "width", "space", "dynamics", "loudness",
    "swing", "remove", "add", "only", "mood", "genre", "form", "take", "undo", "other", "unknown",
]  # fmt: skip
"""What a note changes. `level`, `remove`, `add` and `only` are about parts (in some sections, where the scope names
any); `form` is about sections and endings; `take` asks for other music altogether; `undo` for the version before;
`other` is understood, but nothing here can do it; `unknown` is what nobody understood."""

ChangeUnit = Literal["", "bpm", "percent", "semitones", "s", "bars", "db", "lufs", "steps"]
"""Of an amount. A step is what a person means by "a bit more" or "more": 0.5 or 1 of what is usual for its kind."""


class Scope(BaseModel):
    """What a change is about; without anything, the whole song."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    parts: tuple[str, ...] = ()
    """Families or roles of instruments, as wishes name them (`drums`, `bass`, `electric piano`); empty for all."""
    sections: tuple[str, ...] = ()
    """Form words, such as `chorus`; empty for all."""
    bars: tuple[int, int] | None = None
    """First and last bar as people count them, from 1; None for all."""

    @property
    def is_whole(self) -> bool:
        """Whether it is about the whole song in time."""
        return not self.sections and self.bars is None


class Change(BaseModel):
    """One thing that a note asks to change."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    words: str
    """As written."""
    start: int = Field(default=0, ge=0)
    """First character in the note."""
    end: int = Field(default=0, ge=0)
    """First character after it."""
    kind: ChangeKind
    scope: Scope = Scope()
    amount: float | None = None
    """How much or what, in `unit`; relative amounts are signed, where `relative`."""
    unit: ChangeUnit = ""
    relative: bool = True
    """Whether the amount is added to (or, for percent, multiplied with) what is, rather than replacing it."""
    text: str = ""
    """What is not a number: a mode (`minor`), a tonic (`D`), the name of what is added."""
    fate: Fate = "exact"
    substitute: str = ""
    """What is done in its place; only for `substituted`."""
    reason: str = ""
    """Why it is not done exactly, as part of a sentence."""

    @property
    def is_done(self) -> bool:
        """Whether it, or something in its place, is done."""
        return self.fate in ("exact", "substituted")


class Revision(BaseModel):
    """A note, understood."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    note: str
    """As written."""
    changes: tuple[Change, ...] = ()

    @property
    def is_undo(self) -> bool:
        """Whether it asks for the version before."""
        return any(change.kind == "undo" for change in self.changes)

    @property
    def asked(self) -> tuple[Change, ...]:
        """The changes that can be done, or nearly."""
        return tuple(change for change in self.changes if change.is_done)

    @property
    def refused(self) -> tuple[Change, ...]:
        """The changes that are not done, or not understood."""
        return tuple(change for change in self.changes if not change.is_done)
