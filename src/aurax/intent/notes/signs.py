"""Signs: the words that only notes have, from `lexicon/notes.toml`, and one table that finds them among all others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Literal

from aurax.intent.entries import Entry, Filler
from aurax.intent.lexicon import Lexicon, table_of
from aurax.intent.matching import Phrase, PhraseTable
from aurax.intent.revision import ChangeKind, ChangeUnit
from aurax.intent.text import fold

Does = Literal[
    "more", "less", "up", "down", "compared", "plain", "fault", "noun", "too", "not_so", "seems", "enough", "remove",
    "add", "want", "for", "some", "nth", "only", "keep", "instead", "replace", "outside", "when", "exact", "take",
    "undo", "other", "degree", "apart", "filler",
]  # fmt: skip
"""What a phrase does in a note; `lexicon/notes.toml` explains each."""


@dataclass(frozen=True)
class Sign:
    """One meaning of a phrase.

    Args:
        does: its part in a sentence.
        about: what it changes; empty where its neighbours say so.
        sign: which way "more" goes, or which way it goes itself: 1 or −1.
        amount: of an exact change, in `unit`; of a degree, the factor.
        unit: of the amount.
        reason: why nothing can do it.
    """

    does: Does
    about: ChangeKind | Literal[""] = ""
    sign: int = 1
    amount: float = 0.0
    unit: ChangeUnit = ""
    reason: str = ""


@dataclass(frozen=True)
class NoteWords:
    """Everything that notes can say.

    Args:
        lexicon: what prompts can say too, with the words of notes for telling spelling mistakes.
        phrases: all phrases with their meanings.
    """

    lexicon: Lexicon
    phrases: tuple[Phrase[Sign | Entry], ...]

    @cached_property
    def table(self) -> PhraseTable[Sign | Entry]:
        """Finds them."""
        return PhraseTable(self.phrases)


_KNOWN: dict[int, NoteWords] = {}
"""By identity of the lexicon, of which there are as many as there are sets of installed plug-ins."""


def note_words(lexicon: Lexicon) -> NoteWords:
    """The words of notes together with all others; where both know a phrase, the note's meaning comes first."""
    known = _KNOWN.get(id(lexicon))
    if known is not None and known.lexicon.genres is lexicon.genres:
        return known
    own = tuple(_phrases())
    spelled: tuple[Phrase[Entry], ...] = tuple(Phrase(one.words, Filler()) for one in own)
    others = tuple(_ranked(one) for one in lexicon.phrases if not isinstance(one.value, Filler))
    words = NoteWords(replace(lexicon, phrases=(*lexicon.phrases, *spelled)), (*own, *others))
    _KNOWN[id(lexicon)] = words
    return words


def _ranked(phrase: Phrase[Entry]) -> Phrase[Sign | Entry]:
    return Phrase(phrase.words, phrase.value, phrase.kind, 1000 + phrase.rank, phrase.exact)


@cache
def signs() -> tuple[tuple[Sign, tuple[str, ...]], ...]:
    """Every row of the file: a meaning and its words as written."""
    return tuple(
        (
            Sign(
                row["does"],
                row.get("about", ""),
                row.get("sign", 1),
                float(row.get("amount", 0.0)),
                row.get("unit", ""),
                row.get("reason", ""),
            ),
            tuple(row["words"]),
        )
        for row in table_of("notes")["sign"]
    )


def _phrases() -> Iterator[Phrase[Sign | Entry]]:
    for rank, (sign, words) in enumerate(signs()):
        for one in words:
            yield Phrase(fold(one), sign, rank=rank)
