"""Which words of a prompt are refused, in lists and under headings too, and how strongly adjectives are meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from aurax.intent.entries import Entry, Filler, Genre, InstrumentWord, Mood, StructureWord, VoiceWord
from aurax.intent.readers.negation import degree_before, refusal_after, refusal_before
from aurax.intent.readers.word import Word

_JOIN = re.compile(
    r"\s*(?P<joiner>,?\s*(?:or|nor|and|und|oder|y|o|e|et|ou|&|/|\+|ni|ne)|,|、|和|と|や)\s*(?:any|the|no)?\s*$"
)
_ONE_ENTRY = re.compile(r"[^;.:|()\[\]]*")
"""Between two words of one heading's list."""
_ALTERNATIVES = ("or", "nor", "oder", "o", "ou", "ni")


def mark_refused(folded: str, found: Sequence[Word[Entry]]) -> list[Word[Entry]]:
    """Mark what is refused, and grade adjectives; lists such as "no drums, bass or piano" share one refusal.

    Args:
        folded: the folded prompt.
        found: its words in order.
    """
    settled: list[Word[Entry]] = []
    floor, shared_to = 0, -1
    for place, word in enumerate(found):
        if isinstance(word.entry, Filler):
            settled.append(word)
            continue
        if refusal_before(folded, floor, word.start) == "heading":
            shared_to = max(shared_to, _heading_end(folded, found, place))
            word = replace(word, quote_start=_refusing_words(folded, floor, word.start))
        if isinstance(word.entry, Mood):
            settled.append(_grade(folded, settled, word, shared=place <= shared_to))
            continue
        if word.refused or place <= shared_to or _goes_on_refusing(folded, settled, word):
            settled.append(replace(word, refused=True, strength=-1.0))
        else:
            before = refusal_before(folded, floor, word.start)
            after = refusal_after(folded, word.end)
            if before is not None:
                begin = _refusing_words(folded, floor, word.start)
                settled.append(replace(word, refused=True, strength=-1.0, quote_start=begin))
                shared_to = max(shared_to, _list_end(folded, found, place, before))
            elif after is not None:
                settled.append(replace(word, refused=True, strength=-1.0, end=after))
            else:
                settled.append(word)
        floor = word.end
    return settled


def _goes_on_refusing(folded: str, before: Sequence[Word[Entry]], word: Word[Entry]) -> bool:
    """Whether the word right before is refused and only describes this one ("no steady beat", "no techno kick")."""
    if not before or not isinstance(word.entry, (InstrumentWord, VoiceWord)):
        return False
    last = before[-1]
    describes = isinstance(last.entry, (Genre, StructureWord)) and last.refused
    return describes and folded[last.end : word.start].isspace()


def _heading_end(folded: str, found: Sequence[Word[Entry]], place: int) -> int:
    """Place of the last word of the list under a heading such as "avoid:"."""
    end = place
    while end + 1 < len(found) and _ONE_ENTRY.fullmatch(folded, found[end].end, found[end + 1].start):
        end += 1
    return end


def _grade(folded: str, before: Sequence[Word[Entry]], word: Word[Entry], *, shared: bool) -> Word[Entry]:
    """How strongly an adjective is meant."""
    floor = before[-1].end if before else 0
    if shared:
        return replace(word, refused=True, strength=-1.0)
    strength, start = degree_before(folded, word.start)
    if strength < 0:
        return replace(word, refused=True, strength=strength, quote_start=start)
    if refusal_before(folded, floor, word.start) is not None:
        return replace(word, refused=True, strength=-1.0, quote_start=_refusing_words(folded, floor, word.start))
    after = refusal_after(folded, word.end)
    if after is not None:
        return replace(word, refused=True, strength=-1.0, end=after)
    return replace(word, strength=strength, quote_start=start)


def _refusing_words(folded: str, floor: int, start: int) -> int:
    """Where the words begin that refuse what stands at a place."""
    for begin in range(start - 1, floor - 1, -1):
        at_word = begin == 0 or not folded[begin - 1].isalnum()
        if at_word and folded[begin].isalnum() and refusal_before(folded[begin:start], 0, start - begin) is not None:
            return begin
    return start


def _list_end(folded: str, found: Sequence[Word[Entry]], place: int, refusal: str) -> int:
    """Place of the last word of a list whose first word is refused."""
    joiners: list[tuple[int, str]] = []
    last = place
    for index in range(place + 1, len(found)):
        if isinstance(found[index].entry, (Filler, Mood)):
            continue
        join = _JOIN.fullmatch(folded, found[last].end, _noun_phrase(folded, found, index))
        if join is None or not _same_kind(found[place], found[index]):
            break
        joiners.append((index, join["joiner"].strip(" ,、")))
        last = index
    words = [joiner for _, joiner in joiners if joiner]
    through_commas = any(word in _ALTERNATIVES for word in words) or (refusal == "listing" and bool(words))
    end = place
    for index, joiner in joiners:
        if joiner == "" and not through_commas:
            break
        end = index
    return end


def _noun_phrase(folded: str, found: Sequence[Word[Entry]], index: int) -> int:
    """Where a noun starts with the adjectives that stand right before it ("and heavy kicks")."""
    start = found[index].start
    while index and isinstance(found[index - 1].entry, Mood) and folded[found[index - 1].end : start].isspace():
        index -= 1
        start = found[index].start
    return start


def _same_kind(one: Word[Entry], other: Word[Entry]) -> bool:
    """Whether two words can stand in one list of refusals."""
    sounds = (InstrumentWord, VoiceWord)
    if isinstance(one.entry, sounds) and isinstance(other.entry, sounds):
        return True
    return type(one.entry) is type(other.entry) and isinstance(one.entry, (Genre, StructureWord))
