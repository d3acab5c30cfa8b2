"""Phrase books: many words and phrases, found in one pass, the longest first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from aurax.intent.text import PromptText

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


@dataclass(frozen=True, slots=True)
class PhraseHit(Found[T]):
    """A phrase that was found, and whether its own ending refuses it ("drumless", "piano-free")."""

    refused_by_suffix: bool = False


class PhraseBook(Generic[T]):
    """Phrases and their meanings.

    Spaces and hyphens inside a phrase match spaces, hyphens or nothing: `lo-fi` finds "lofi" and "lo fi".

    Args:
        meanings: lower-case phrases without accents, and what they mean.
        inflected: whether a plural s and the endings -less and -free are understood.
    """

    def __init__(self, meanings: Mapping[str, T], inflected: bool = False) -> None:
        self._meanings = {_squash(phrase): value for phrase, value in meanings.items()}
        phrases = sorted((phrase for phrase in meanings if _squash(phrase)), key=lambda one: (-len(one), one))
        alternatives = "|".join(r"[\s\-]*".join(map(re.escape, re.split(r"[\s\-]+", one))) for one in phrases)
        ending = r"(?:s|es)?(?P<refusal>[\s\-]*(?:less|free|los|lose))?" if inflected else r"(?P<refusal>(?!))?"
        self._pattern = re.compile(rf"(?<![\w#])(?P<phrase>{alternatives or '(?!)'}){ending}(?!\w)")

    def find(self, text: PromptText) -> Iterator[PhraseHit[T]]:
        """Every phrase in the prompt, in its order, none overlapping."""
        for match in text.find(self._pattern):
            yield PhraseHit(
                self._meanings[_squash(match["phrase"])],
                match.start(),
                match.end(),
                text.quote(*match.span()),
                match["refusal"] is not None,
            )


def _squash(phrase: str) -> str:
    return re.sub(r"[\s\-]+", "", phrase)
