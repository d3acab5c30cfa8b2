"""What a reader found, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """Something that was read, and where.

    Args:
        value: its meaning.
        start: first character.
        end: first character after it.
        quote: the words as typed.
    """

    value: T
    start: int
    end: int
    quote: str

    @property
    def span(self) -> tuple[int, int]:
        """Where it stands."""
        return (self.start, self.end)
