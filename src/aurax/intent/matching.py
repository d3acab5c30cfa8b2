"""Phrase tables: thousands of words and phrases of many languages, found in one pass, the longest first.

Spaces and hyphens inside a phrase match spaces, hyphens or nothing: `lo-fi` finds "lofi" and "lo fi", but `playa` does
not find "play a". Phrases in
scripts without spaces (Japanese, Chinese) are found inside running text; all others only as whole words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

from aurax.intent.text import BLANK, PromptText

T = TypeVar("T")

_GAPS = " -"
_REFUSING_END = re.compile(r"[ \-]*(?:less|free|los|lose[nrsm]?)")
"""Endings that refuse: "drumless", "piano-free", "bassfrei" is not one of them."""
_HEADS = (
    r"(?:n|en|s|es)?-?(?:musik|stucke?|songs?|klange?|sounds?|spiel|melodien?|lied(?:er)?|begleitung|stimmung|nummer|"
    r"tracks?|beats?|soli|solos?|riffs?|linien?|akkorde?)"
)
"""German compounds end in these; alone they ask for nothing: "Klaviermusik", "Trompetensolo", "Partystimmung"."""
_JOINT = re.compile(r"(?:n|en|s|es)?(?=(?:balladen?|pop|rock|jazz|metal|chor|gesang|swing)(?!\w))")
"""Where a German compound is parted from its last word, which has a meaning of its own: "Klavier|ballade"."""
_SHORTEST_PART = 4
"""Letters of a word that a compound may start with."""
_ENDINGS: dict[str, re.Pattern[str]] = {
    "": re.compile(r"(?!)"),
    "genre": re.compile(_HEADS),
    "noun": re.compile(rf"'s|{_HEADS}| (?:musik|stuck|song|klange?|spiel|melodie|lied|begleitung)|e?s|e?n"),
    "adjective": re.compile(rf"{_HEADS}|e[rsnm]?|s|as?|os?|est|ly"),
}
"""What a word may end in besides its listed form, by kind of word."""


def is_unspaced(char: str) -> bool:
    """Whether a character belongs to a script that writes without spaces: kana, Chinese characters."""
    return (
        "\u3040" <= char <= "\u30ff" or "\u3400" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff" or char in "々〆ー"
    )


def is_letter(char: str) -> bool:
    """Whether a character goes on a word of a script that writes with spaces."""
    return (char.isalnum() or char in "_#") and not is_unspaced(char)


@dataclass(frozen=True, slots=True)
class Phrase(Generic[T]):
    """One phrase of a table.

    Args:
        words: lower case, without accents.
        value: what it means.
        kind: which endings it may take: `noun`, `adjective`, or none.
        rank: among phrases of equal length the lowest rank is meant.
        exact: whether its spaces and hyphens must stand in the prompt as they are listed.
    """

    words: str
    value: T
    kind: str = ""
    rank: int = 0
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Match(Generic[T]):
    """A phrase that was found.

    Args:
        value: what it means.
        start: first character.
        end: first character after it, its ending included.
        refused: whether its own ending refuses it.
    """

    value: T
    start: int
    end: int
    refused: bool = False


class PhraseTable(Generic[T]):
    """Finds phrases in a prompt.

    Args:
        phrases: what to find; several meanings of one phrase are told apart by rank and by what `accepts` says.
    """

    def __init__(self, phrases: Iterable[Phrase[T]]) -> None:
        self._meanings: dict[str, list[Phrase[T]]] = {}
        self._prefixes: set[str] = set()
        for phrase in phrases:
            squashed = squash(phrase.words)
            if not squashed:
                continue
            self._meanings.setdefault(squashed, []).append(phrase)
            self._prefixes.update(squashed[:length] for length in range(1, len(squashed) + 1))
        for meanings in self._meanings.values():
            meanings.sort(key=lambda one: one.rank)

    def __contains__(self, words: object) -> bool:
        """Whether a phrase is listed as it stands."""
        return isinstance(words, str) and squash(words) in self._meanings

    def find(
        self, text: PromptText, accepts: Callable[[T, int, int], bool] = lambda _value, _start, _end: True
    ) -> Iterator[Match[T]]:
        """Every phrase in the prompt's order, none overlapping; at each place the longest that is accepted.

        Args:
            text: where to look; blanked words are passed over.
            accepts: asked of each meaning with its place; the next best is tried where it says no.
        """
        folded, place, joint = text.folded, 0, -1
        while place < len(folded):
            starts = place == joint or self._may_start(folded, place)
            match = self._longest(folded, place, accepts) if starts else None
            if match is None or self._runs_over(folded, match, accepts):
                place += 1
            else:
                yield match
                place = joint = match.end

    def _runs_over(self, folded: str, match: Match[T], accepts: Callable[[T, int, int], bool]) -> bool:
        """Whether a match takes a small word together with half of the next: 和弦|乐 for 和|弦乐."""
        start, end = match.start, match.end
        if end - start < 2 or not is_unspaced(folded[start]) or folded[start] not in self._meanings:
            return False
        if end == len(folded) or not is_unspaced(folded[end]) or self._longest(folded, end, accepts) is not None:
            return False
        later = self._longest(folded, start + 1, accepts)
        return later is not None and later.end > end

    @staticmethod
    def _may_start(folded: str, place: int) -> bool:
        char = folded[place]
        if char == BLANK or char in _GAPS:
            return False
        if place and folded[place - 1] == "#":
            return place == 1 or not is_letter(folded[place - 2])
        return is_unspaced(char) or place == 0 or not is_letter(folded[place - 1]) or not is_letter(char)

    def _longest(self, folded: str, start: int, accepts: Callable[[T, int, int], bool]) -> Match[T] | None:
        squashed = ""
        gaps: set[int] = set()
        ends: list[tuple[int, str, frozenset[int]]] = []
        for end in range(start, len(folded)):
            char = folded[end]
            if char in _GAPS:
                gaps.add(len(squashed))
                continue
            squashed += char
            if squashed not in self._prefixes:
                break
            if squashed in self._meanings:
                ends.append((end + 1, squashed, frozenset(gaps)))
        candidates: list[tuple[int, bool, int, int, Phrase[T], bool]] = []
        for end, found, between in ends:
            for phrase in self._meanings[found]:
                if not between <= gaps_of(phrase.words):
                    continue
                if phrase.exact and not folded.startswith(phrase.words, start):
                    continue
                for whole, refused in _whole_ends(folded, end, phrase.kind):
                    candidates.append((-whole, whole != end, phrase.rank, len(candidates), phrase, refused))
        for negative_end, _, _, _, phrase, refused in sorted(candidates, key=lambda one: one[:4]):
            if accepts(phrase.value, start, -negative_end):
                return Match(phrase.value, start, -negative_end, refused)
        return None


def squash(words: str) -> str:
    """A phrase without its spaces and hyphens."""
    return words.replace(" ", "").replace("-", "")


@lru_cache(maxsize=20_000)
def gaps_of(words: str) -> frozenset[int]:
    """Where a phrase has spaces or hyphens, as places in its squashed form."""
    letters, gaps = 0, set()
    for char in words:
        if char in _GAPS:
            gaps.add(letters)
        else:
            letters += 1
    return frozenset(gaps)


def _whole_ends(folded: str, end: int, kind: str) -> list[tuple[int, bool]]:
    """Where a phrase that was found up to `end` may end as a whole word, and whether its ending refuses it."""
    if is_unspaced(folded[end - 1]):
        return [(end, False)]
    found = []
    if _is_end(folded, end):
        found.append((end, False))
    ending = _ENDINGS[kind].match(folded, end)
    if ending is not None and _is_end(folded, ending.end()):
        found.append((ending.end(), False))
    if kind and (joint := _JOINT.match(folded, end)) is not None and _letters_before(folded, end) >= _SHORTEST_PART:
        found.append((joint.end(), False))
    if kind == "noun":
        for begin in {end, ending.end() if ending else end}:
            refusing = _REFUSING_END.match(folded, begin)
            if refusing is not None and _is_end(folded, refusing.end()):
                found.append((refusing.end(), True))
    return found


def _letters_before(folded: str, end: int) -> int:
    start = end
    while start and is_letter(folded[start - 1]):
        start -= 1
    return end - start


def _is_end(folded: str, end: int) -> bool:
    return end == len(folded) or not is_letter(folded[end]) or not is_letter(folded[end - 1])
