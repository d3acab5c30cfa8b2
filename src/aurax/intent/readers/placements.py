"""Where in the song a part shall play, or shall not: "sax only in the bridge", "no drums until the drop"."""

from __future__ import annotations

import re
from functools import cache

from aurax.intent.readers.language import any_of, named, phrases, search_before
from aurax.intent.text import BLANK

_SECTIONS = ("intro", "verse", "build", "chorus", "bridge", "break", "outro", "solo")
_DETERMINERS = r"(?:(?:the|each|every|all|both|last|first|second|final|opening|closing|very|a|an|my)\s+)*"


def place_after(folded: str, end: int) -> int | None:
    """Where the words end that say in which part of the song something plays that ends at a place, if there are any."""
    match = _after().match(folded, end)
    return None if match is None else match.end()


def place_before(folded: str, start: int) -> int | None:
    """Where the words start that say it right before its name ("only in the chorus add strings")."""
    match = search_before(_before(), folded, start)
    return None if match is None else match.start()


@cache
def _moment() -> str:
    """A section, or another piece of the song, with its preposition; times were read before and are blank here."""
    sections = any_of(word for name in _SECTIONS for word in phrases("parts", name))
    pieces = f"(?:{sections}|{named('moments', 'pieces')})"
    timed = rf"(?:(?:for\s+the|until|till|after)\s+{BLANK}+)"
    return rf"(?:{named('moments', 'within')}\s+{_DETERMINERS}{pieces}|{named('moments', 'until_half')}|{timed})"


@cache
def _after() -> re.Pattern[str]:
    exclusive = any_of(["only", "just"])
    return re.compile(rf"\s*,?\s*(?:{_verbs()}\s+|{exclusive}\s+)*{_moment()}(?:\s+{exclusive})?")


@cache
def _verbs() -> str:
    """Words between a part and where it plays ("should only come in")."""
    return named("moments", "verbs")


@cache
def _before() -> re.Pattern[str]:
    verbs = any_of(
        ["add", "use", "bring in", "have", "with", "give me", "put", "i want", "play", "there are", "there is"]
    )
    return re.compile(rf"(?:only|just)\s+{_moment()}\s*,?\s*(?:{verbs}\s+)?(?:(?:a|an|the|some)\s+)?$")
