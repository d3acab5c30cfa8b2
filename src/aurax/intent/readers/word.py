"""One word or phrase of a prompt that is understood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T", covariant=True)


@dataclass(frozen=True, slots=True)
class Word(Generic[T]):
    """One phrase of the prompt that is understood.

    Args:
        entry: its meaning.
        start: first character.
        end: first character after it.
        refused: whether it must not be.
        strength: how strongly an adjective is meant: 1 plain, 1.5 very, 0.5 a bit, below 0 refused.
        quote_start: first character of the words that belong to it, what refuses or grades it included.
        bound: whether it speaks of the thing named next to it and not of the whole song.
        placed: span of the words that say in which part of the song it plays ("only in the chorus"), if any do.
    """

    entry: T
    start: int
    end: int
    refused: bool = False
    strength: float = 1.0
    quote_start: int = -1
    bound: bool = False
    placed: tuple[int, int] | None = None

    @property
    def first(self) -> int:
        """First character of all that belongs to it."""
        return self.start if self.quote_start < 0 else self.quote_start
