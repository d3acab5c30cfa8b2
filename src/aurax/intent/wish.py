"""Wishes: what a prompt asks for, piece by piece, and what becomes of each.

Every word of a prompt belongs to a wish, is filler, or is listed as not understood. A wish keeps the words as they were
written and where they stand, so that they can be marked where it is shown.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

WishField = Literal[
    "genre", "instrument", "vocals", "mood", "era", "tempo", "key", "meter", "length", "structure", "production",
    "likeness", "loudness", "use", "unknown",
]  # fmt: skip
"""What a wish is about. `use` is what the song is for in law (commercial use); `unknown` is what nobody understood."""

Fate = Literal["exact", "substituted", "not_done", "not_understood"]
"""What becomes of a wish: done as asked; something else is done in its place; nothing is done; nobody knows what it
means."""


class Wish(BaseModel):
    """One thing that the prompt asks for."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    words: str
    """As written."""
    start: int = Field(ge=0)
    """First character in `Intent.prompt`, or in `note`."""
    end: int = Field(ge=0)
    """First character after it."""
    field: WishField
    value: str
    """What was understood, in plain English and without spelling mistakes: `trap`, `cello`, `128 bpm`, `1980s`."""
    refused: bool = False
    """Whether it must not be there ("no drums")."""
    fate: Fate = "exact"
    substitute: str = ""
    """What is done in its place; only for `substituted`."""
    nearness: float = Field(default=1.0, ge=0.0, le=1.0)
    """How near the outcome comes: 1 for `exact`, 0 for `not_done` and `not_understood`, between for `substituted`."""
    reason: str = ""
    """Why it is not done exactly, as part of a sentence: `no trap here yet`, `nobody sings`."""
    corrected: str = ""
    """The spelling that was understood, where a typing mistake was corrected."""
    note: str = ""
    """The follow-up note that it stems from, in which its place then is; empty for wishes of the prompt."""

    @property
    def span(self) -> tuple[int, int]:
        """Where it stands in `Intent.prompt`, or in `note`."""
        return (self.start, self.end)

    @property
    def is_done(self) -> bool:
        """Whether exactly this is done."""
        return self.fate == "exact"
