"""Small words before and after a name that say that the song should be like it."""

from __future__ import annotations

import re
from functools import lru_cache

from aurax.intent.lexicon import table_of

_LISTED = r"(?:early |late |old |classic |vintage )?(?:(?:19|20)?\d0s |(?:19|20)\d\d )?(?:the )?"


def is_like_before(folded: str, start: int) -> re.Match[str] | None:
    """The words right before a name that make it a likeness ("in the style of")."""
    return _before("like_before", _LISTED).search(folded, 0, start)


def is_like_after(folded: str, end: int) -> re.Match[str] | None:
    """The words right after a name that make it a likeness ("style", "-esque")."""
    return _after("like_after", r"(?:'s)?[\s\-]*").match(folded, end)


def like_before_unknown() -> str:
    """Pattern of the words before a name that nobody knows."""
    return _choice("like_before")


def like_after_unknown() -> str:
    """Pattern of the words after a name that nobody knows."""
    return _choice("like_after_unknown")


def _choice(name: str) -> str:
    words = sorted(table_of("likeness_words")[name], key=lambda one: (-len(one), one))
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in words)


@lru_cache(maxsize=8)
def _before(name: str, between: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?P<words>{_choice(name)})\s+{between}$")


@lru_cache(maxsize=8)
def _after(name: str, between: str) -> re.Pattern[str]:
    return re.compile(rf"{between}(?P<words>{_choice(name)})(?![a-z0-9])")
