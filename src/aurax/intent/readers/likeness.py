"""Whom or what the song should be like: names of the lexicon, and names after "like" that nobody here knows."""

from __future__ import annotations

import re
from functools import lru_cache

from aurax.intent.entries import Likeness
from aurax.intent.lexicon import Lexicon
from aurax.intent.matching import Phrase, PhraseTable
from aurax.intent.readers.likeness_words import is_like_after, is_like_before, like_after_unknown, like_before_unknown
from aurax.intent.readers.negation import refusal_before
from aurax.intent.readers.word import Word
from aurax.intent.text import PromptText

_NAME = r"[A-Z][\w'’.&\-]*(?:\s+(?:&|of|the|and|de|da|van|von|y|la|le|[A-Z0-9][\w'’.&\-]*))*"

_WHEN = r"(?:early |late |old |classic )?(?:(?:19|20)?\d0s |(?:19|20)\d\d )?"
_MARKS = '"“”„«»'
_QUOTED = rf"[{_MARKS}][^{_MARKS}]{{2,40}}[{_MARKS}]"


@lru_cache(maxsize=1)
def _unknown_names() -> tuple[re.Pattern[str], ...]:
    """Patterns of names that nobody here knows, after "like" and before "style"."""
    return (
        re.compile(rf"(?<!\w)(?i:{like_before_unknown()})\s+{_WHEN}(?P<name>{_NAME})"),
        re.compile(rf"(?P<name>{_NAME})(?:'s)?[\s\-]+(?i:{like_after_unknown()})(?!\w)"),
        re.compile(rf"(?P<name>{_QUOTED})[\s\-]+(?i:{like_after_unknown()})(?!\w)"),
        re.compile(rf"(?<!\w)(?i:{like_before_unknown()})\s+(?P<name>{_QUOTED})"),
    )


def read_likenesses(text: PromptText, lexicon: Lexicon) -> list[Word[Likeness]]:
    """Every name that the song should be like, in the prompt's order.

    Args:
        text: the prompt, untouched: names may hold numbers and any other word.
        lexicon: known names, and the words that are no names.
    """
    phrases = [one for one in lexicon.phrases if isinstance(one.value, Likeness)]
    table: PhraseTable[Likeness] = PhraseTable(
        [Phrase(one.words, one.value) for one in phrases if isinstance(one.value, Likeness)]
    )

    def accepts(entry: Likeness, start: int, end: int) -> bool:
        like = is_like_before(text.folded, start) or is_like_after(text.folded, end)
        return not entry.needs_like or like is not None

    found: list[Word[Likeness]] = []
    for match in table.find(text, accepts):
        before, after = is_like_before(text.folded, match.start), is_like_after(text.folded, match.end)
        start = before.start() if before else match.start
        refused = refusal_before(text.folded, 0, start) is not None
        end = after.end() if after else match.end
        found.append(Word(match.value, match.start, end, refused=refused, quote_start=start))
    taken = text.without((one.first, one.end) for one in found)
    for pattern in _unknown_names():
        for named in pattern.finditer(taken.cased):
            name = named["name"].strip(" .'")
            quoted = name[0] in _MARKS
            if not quoted and (_is_known(name.lower(), lexicon) or _shouts(text.cased)):
                continue
            found.append(
                Word(
                    Likeness(text.original[named.start("name") : named.end("name")].strip(" .'" + _MARKS)),
                    *named.span(),
                )
            )
        taken = taken.without((one.first, one.end) for one in found)
    return sorted(found, key=lambda one: one.start)


def _is_known(name: str, lexicon: Lexicon) -> bool:
    """Whether what looks like a name is made of words that mean something else ("like Jazz")."""
    return all(word in lexicon.words for word in name.replace("-", " ").split())


def _shouts(cased: str) -> bool:
    letters = [char for char in cased if char.isalpha()]
    return sum(char.isupper() for char in letters) > len(letters) / 2
