"""Marks: everything that was recognised in a note, in its order, before it is put together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from aurax.errors import InvalidPrompt
from aurax.intent.coverage import not_understood
from aurax.intent.draft import Draft
from aurax.intent.entries import Entry, Filler, Genre
from aurax.intent.found import Found
from aurax.intent.matching import is_unspaced
from aurax.intent.notes.quantities import Place, Quantity, read_places, read_quantities
from aurax.intent.notes.signs import NoteWords, Sign
from aurax.intent.readers.keys import KeyWish, read_keys
from aurax.intent.readers.language import any_of, phrases
from aurax.intent.text import PromptText

T = TypeVar("T")
_INSTEAD = re.compile(r"(?<!\w)(?:major|minor)(?=\s+(?:instead|rather|please|now)(?!\w))")
Value = Sign | Entry | Quantity | KeyWish | Place


@dataclass(frozen=True)
class Mark:
    """One thing that was recognised.

    Args:
        value: what it means.
        start: first character.
        end: first character after it.
        refused: whether its own ending refuses it ("drumless").
    """

    value: Value
    start: int
    end: int
    refused: bool = False

    def does(self, *names: str) -> bool:
        """Whether it is a sign that does one of these."""
        return isinstance(self.value, Sign) and self.value.does in names


@dataclass(frozen=True)
class Marked:
    """A note with its marks.

    Args:
        text: the note.
        marks: in its order, none overlapping.
        rest: words that nobody knows.
        wrong: sentences on what cannot be ("0 BPM").
    """

    text: PromptText
    marks: tuple[Mark, ...]
    rest: tuple[Draft, ...]
    wrong: tuple[str, ...] = ()


def read_marks(text: PromptText, words: NoteWords) -> Marked:
    """Recognise everything in a note: places, quantities, keys, then phrases, the longest first.

    Args:
        text: the note, its spelling corrected.
        words: what is known.
    """
    wrong: list[str] = []
    places = read_places(text)
    rest = text.without((one.start, one.end) for one in places)
    quantities, impossible = read_quantities(rest)
    wrong += [impossible] if impossible else []
    rest = rest.without((one.start, one.end) for one in quantities)
    try:
        keys = read_keys(rest)
    except InvalidPrompt as error:
        keys = []
        wrong.append(f"{error.found} is no key")
    keys += [one for one in _bare_modes(rest) if not any(one.start < key.end and key.start < one.end for key in keys)]
    rest = rest.without(one.span for one in keys)
    marks = [
        *(Mark(one, one.start, one.end) for one in places),
        *(Mark(one, one.start, one.end) for one in quantities),
        *(Mark(one.value, *one.span) for one in keys),
        *(Mark(one.value, one.start, one.end, one.refused) for one in words.table.find(rest, _accepts(rest))),
    ]
    marks.sort(key=lambda one: one.start)
    claimed = [(one.start, one.end) for one in marks]
    filler = [
        (one.start, one.end) for one in words.lexicon.table.find(text.without(claimed)) if isinstance(one.value, Filler)
    ]
    unknown = not_understood(text, [*claimed, *filler])
    return Marked(text, tuple(marks), tuple(unknown), tuple(wrong))


def _bare_modes(text: PromptText) -> list[Found[KeyWish]]:
    """Names of modes that stand alone in scripts without spaces: 小调 asks a note for minor, a prompt for a ditty."""
    english = [
        Found(KeyWish(None, match[0]), *match.span(), text.quote(*match.span())) for match in text.find(_INSTEAD)
    ]
    words = {mode: [one for one in phrases("key", mode) if is_unspaced(one[0])] for mode in ("major", "minor")}
    return english + [
        Found(KeyWish(None, mode), *match.span(), text.quote(*match.span()))
        for mode, names in words.items()
        for match in text.find(re.compile(any_of(names)))
    ]


def _accepts(text: PromptText) -> Callable[[Sign | Entry, int, int], bool]:
    def accepts(value: Sign | Entry, _start: int, end: int) -> bool:
        if isinstance(value, Genre) and value.not_before:
            following = text.folded[end:].split()
            return not following or following[0].strip(".,;!?").rstrip("s") not in {
                word.rstrip("s") for word in value.not_before
            }
        return True

    return accepts


def segments(marked: Marked) -> list[list[Mark]]:
    """The marks between commas, full stops and words such as "and"."""
    found: list[list[Mark]] = [[]]
    at = 0
    for mark in marked.marks:
        gap = marked.text.folded[at : mark.start]
        if any(char in ",;.!?:、。，；！？\n/+&()" for char in gap) or mark.does("apart"):
            found.append([])
        if not mark.does("apart", "filler"):
            found[-1].append(mark)
        at = mark.end
    return [one for one in found if one]


def values(marks: Iterable[Mark], kind: type[T]) -> list[tuple[Mark, T]]:
    """The marks of one kind, with their values."""
    return [(one, one.value) for one in marks if isinstance(one.value, kind)]


def span_of(marks: Sequence[Mark]) -> tuple[int, int]:
    """From the first to the last of some marks."""
    return min(one.start for one in marks), max(one.end for one in marks)
