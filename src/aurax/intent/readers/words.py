"""Words of a prompt that the lexicon knows, each with whether it is refused and how strongly it is meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar, cast

from aurax.intent.entries import Entry, Filler, Genre, InstrumentWord, Likeness, Mood, VoiceWord
from aurax.intent.lexicon import Lexicon
from aurax.intent.readers.fragments import is_fragment
from aurax.intent.readers.likeness_words import is_like_after, is_like_before
from aurax.intent.readers.negation import refusal_after, refusal_before
from aurax.intent.readers.placements import place_after, place_before
from aurax.intent.readers.refused_words import mark_refused
from aurax.intent.readers.word import Word
from aurax.intent.text import PromptText

T = TypeVar("T", covariant=True)

ALL_INSTRUMENTS = "instruments"
"""What the lexicon calls instruments in general."""
DUET = "duet"
_BOUND_ADJECTIVE = re.compile(r"\s+(?:[\w\-]+\s+)?$")
_WANTED_BEAT = re.compile(
    r"\b(?:with|add|plus|but with|mit|avec|con|com)\s+(?:an?|the|some|einem|un|une|una|um)?\s*(?:[\w\-]+\s+)?$"
)


@dataclass(frozen=True)
class Words:
    """Everything that was recognised, in the prompt's order, by kind."""

    all: tuple[Word[Entry], ...]
    hints: tuple[Word[Genre], ...] = ()
    """Genres that only colour something: "funk" in "funk guitar"."""

    def of(self, kind: type[T]) -> list[Word[T]]:
        """The words of one kind."""
        return [word for word in self.all if isinstance(word.entry, kind)]  # type: ignore[misc]


def read_words(text: PromptText, lexicon: Lexicon) -> Words:
    """Recognise every phrase of the lexicon that stands in what is left of the prompt.

    Args:
        text: the prompt, with numbers and names blanked out.
        lexicon: what is known.
    """
    declined: set[tuple[int, Entry]] = set()

    def accepts(entry: Entry, start: int, end: int) -> bool:
        # What the longer of two names of a genre does not mean ("bossa nova guitar"), the shorter one does not either.
        if isinstance(entry, Genre) and (start, entry) in declined:
            return False
        meant = _is_meant(text.folded, entry, start, end)
        if not meant and isinstance(entry, Genre):
            declined.add((start, entry))
        return meant

    found: list[Word[Entry]] = []
    for match in lexicon.table.find(text, accepts):
        weak = isinstance(match.value, InstrumentWord) and match.value.weak
        if weak and not match.refused and not _is_asked_for(text.folded, match.start, match.end):
            found.append(Word(Filler(), match.start, match.end))
        else:
            strength = -1.0 if match.refused else 1.0
            found.append(Word(match.value, match.start, match.end, refused=match.refused, strength=strength))
    spans = [(one.start, one.end) for one in found]
    found = [one for one in found if not is_fragment(text, one.entry, one.start, one.end, spans, lexicon.words)]
    found = _sort_out_ensembles(text, found, lexicon)
    words = _place(text.folded, _bind(text.folded, mark_refused(text.folded, found)))
    return Words(tuple(words), tuple(_hints(text, words, lexicon)))


def _place(folded: str, words: Sequence[Word[Entry]]) -> list[Word[Entry]]:
    """Note of each part where in the song it plays, and drop the word "instruments", which asks for nothing."""
    placed: list[Word[Entry]] = []
    told = 0
    for word in words:
        if not isinstance(word.entry, (InstrumentWord, VoiceWord)):
            placed.append(word)
            continue
        if word.entry.name == DUET and placed and _plays_it(folded, placed[-1], word):
            placed.append(Word(Filler(), word.start, word.end))
            continue
        if word.entry.name == ALL_INSTRUMENTS and not word.refused:
            placed.append(Word(Filler(), word.start, word.end))
            continue
        end, start = place_after(folded, word.end), place_before(folded, word.first)
        if end is not None:
            word, told = replace(word, placed=(word.end, end)), end
        elif start is not None and start >= told:
            word, told = replace(word, placed=(start, word.first)), word.first
        placed.append(word)
    return placed


def _plays_it(folded: str, before: Word[Entry], word: Word[Entry]) -> bool:
    """Whether an instrument right before a word such as "duet" says that players are meant and no singers."""
    return isinstance(before.entry, InstrumentWord) and folded[before.end : word.start].isspace()


def _sort_out_ensembles(text: PromptText, found: Sequence[Word[Entry]], lexicon: Lexicon) -> list[Word[Entry]]:
    """Names that are both a genre and an instrument ("taiko") mean the instrument where another genre is named."""
    both: dict[int, Word[Entry]] = {}
    for place, word in enumerate(found):
        if isinstance(word.entry, Genre):
            match = next(lexicon.table.find(text.within(word.start, word.end), _is_instrument), None)
            if match is not None and (match.start, match.end) == (word.start, word.end):
                both[place] = replace(
                    word, entry=match.value, refused=match.refused, strength=-1.0 if match.refused else 1.0
                )
    if not any(isinstance(word.entry, Genre) and place not in both for place, word in enumerate(found)):
        return list(found)
    return [both.get(place, word) for place, word in enumerate(found)]


def _hints(text: PromptText, words: Sequence[Word[Entry]], lexicon: Lexicon) -> Iterator[Word[Genre]]:
    """Genres inside the names of instruments, and those that stand before something they colour."""
    others = text.without((word.start, word.end) for word in words if not isinstance(word.entry, InstrumentWord))
    known = [(word.start, word.end) for word in words]

    def accepts(entry: Entry, start: int, end: int) -> bool:
        if not isinstance(entry, Genre) or _means_something_else(text.folded, entry, start):
            return False
        return not is_fragment(text, entry, start, end, [*known, (start, end)], lexicon.words)

    for match in lexicon.table.find(others, accepts):
        around = [word for word in words if word.start < match.end and match.start < word.end]
        if not any(word.refused or word.start > match.start or word.end == match.end for word in around):
            yield Word(cast(Genre, match.value), match.start, match.end)


def _is_instrument(entry: Entry, _start: int, _end: int) -> bool:
    return isinstance(entry, InstrumentWord)


def _is_meant(folded: str, entry: Entry, start: int, end: int) -> bool:
    if isinstance(entry, Genre) and _means_something_else(folded, entry, start):
        return False
    if isinstance(entry, Genre) and entry.not_before:
        following = re.match(r"[\s\-]*([\w']+)", folded[end:])
        return following is None or following[1].rstrip("s") not in {word.rstrip("s") for word in entry.not_before}
    if isinstance(entry, Likeness) and entry.needs_like:
        return bool(is_like_before(folded, start) or is_like_after(folded, end))
    return True


def _means_something_else(folded: str, genre: Genre, start: int) -> bool:
    """Whether the word before a genre's name takes its meaning away: "haunted house"."""
    before = re.search(r"([\w']+)[\s\-]*$", folded[:start]) if genre.not_after else None
    return before is not None and before[1] in genre.not_after


def _is_asked_for(folded: str, start: int, end: int) -> bool:
    """Whether a word such as "beat", which mostly means the whole piece, is asked for or refused as a part of it."""
    refused = refusal_before(folded, 0, start) is not None or refusal_after(folded, end) is not None
    return refused or _WANTED_BEAT.search(folded[:start]) is not None


def _bind(folded: str, found: Sequence[Word[Entry]]) -> list[Word[Entry]]:
    """Give adjectives that speak of the thing named right after them ("massive drop") to that thing."""
    bound = list(found)
    for place, word in enumerate(found):
        if not isinstance(word.entry, Mood):
            continue
        if (
            place
            and isinstance(bound[place - 1].entry, InstrumentWord)
            and folded[bound[place - 1].end : word.start] == "-"
        ):
            bound[place] = replace(word, bound=True)
            bound[place - 1] = replace(bound[place - 1], end=word.end)
            continue
        after = next(
            (at for at in range(place + 1, len(found)) if not isinstance(found[at].entry, (Mood, Filler))), None
        )
        touches = after is not None and _BOUND_ADJECTIVE.fullmatch(folded, word.end, found[after].start)
        of_refused = touches and after is not None and found[after].refused
        if not of_refused and not _speaks_of_next_noun(folded, word.end, word.entry):
            continue
        bound[place] = replace(word, bound=True)
        if touches and after is not None:
            bound[after] = replace(bound[after], quote_start=min(bound[after].first, word.first))
    return bound


def _speaks_of_next_noun(folded: str, end: int, mood: Mood) -> bool:
    noun = re.match(r"[\s\-]+([\w']+)", folded[end:])
    return noun is not None and noun[1].rstrip("s") in {one.rstrip("s") for one in mood.scoped}
