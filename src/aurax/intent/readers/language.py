r"""The words of `lexicon/units/*.toml`, folded like prompts, and the patterns made of them.

Words of all languages are looked for at once: people mix languages, and a number always has a unit beside it. Chinese
and Japanese put no spaces between words, so `\b` and `\w` find no ends of words there; `LEFT` and `RIGHT` do.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from aurax.intent.text import fold

LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "ja", "zh")

_NEAR, _FAR = r"[0-9A-Za-z_À-ÿ]", r"[Ā-\u1fff]"
_LETTER = f"(?:{_NEAR}|{_FAR})"
"""A letter or digit of a script with spaces. In two classes, because Python compiles each of them a hundred times
faster than one that crosses U+00FF."""
LEFT = rf"(?<!{_NEAR})(?<!{_FAR})"
"""The start of a word, or any place in a script without spaces."""
RIGHT = rf"(?!{_LETTER})"
"""The end of a word, or any place in a script without spaces."""
CJK = r"[\u3005-\u30ff\u3400-\u9fff]"
"""A character of a script without spaces."""

_REACH = 120
"""Characters before a number or a word in which what bears on it is looked for."""


@cache
def language(name: str) -> dict[str, Any]:
    """Everything in one language's file."""
    path = files("aurax.lexicon") / "units" / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def phrases(section: str, key: str) -> tuple[str, ...]:
    """One list of words of all languages, folded, the longest first.

    Raises:
        KeyError: no language has such a list, which is a mistake in the code.
    """
    found = [word for one in _sections(section) for word in one.get(key, ())]
    if not found:
        raise KeyError(f"{section}.{key}")
    return longest_first(map(fold, found))


@cache
def table(section: str, key: str) -> dict[str, Any]:
    """One table of all languages, such as names to values, with folded names.

    Raises:
        KeyError: no language has such a table, which is a mistake in the code.
    """
    found = {fold(word): value for one in _sections(section) for word, value in one.get(key, {}).items()}
    if not found:
        raise KeyError(f"{section}.{key}")
    return found


def groups(section: str, key: str) -> list[dict[str, Any]]:
    """Every `[[section.key]]` of all languages, words not folded."""
    return [group for one in _sections(section) for group in one.get(key, ())]


def degrees() -> list[dict[str, Any]]:
    """Every `[[degrees]]` of all languages, words not folded."""
    return [group for name in LANGUAGES for group in language(name).get("degrees", ())]


def any_of(words: Iterable[str], left: bool = True, right: bool = True) -> str:
    """A pattern for any of these phrases, which are folded or get folded; matches nothing where there are none.

    Args:
        words: phrases; a trailing `*` stands for any ending, spaces and hyphens for either.
        left: whether a phrase must start where a word starts.
        right: whether it must end where a word ends.
    """
    # Words with the same edges share them: a compiled edge is large.
    kinds: dict[tuple[bool, bool], list[str]] = {}
    for word in longest_first(map(fold, words)):
        stem = word.removesuffix("*")
        edges = left and re.match(_LETTER, stem) is not None, right and re.search(f"{_LETTER}$", word) is not None
        kinds.setdefault(edges, []).append(_pattern(word))
    parts = [
        f"{LEFT if starts else ''}(?:{'|'.join(kinds[starts, ends])}){RIGHT if ends else ''}"
        for starts, ends in ((True, False), (False, False), (True, True), (False, True))
        if (starts, ends) in kinds
    ]
    return f"(?:{'|'.join(parts)})" if parts else "(?!)"


def named(section: str, key: str, left: bool = True, right: bool = True) -> str:
    """A pattern for any phrase of one list of all languages."""
    return any_of(phrases(section, key), left, right)


def longest_first(words: Iterable[str]) -> tuple[str, ...]:
    """Each word once, the longest first, so that the first that matches is the longest that does."""
    return tuple(sorted(dict.fromkeys(words), key=lambda word: (-len(word), word)))


def squash(words: str) -> str:
    """A phrase with single spaces for its hyphens and spaces, to look it up in a table."""
    return re.sub(r"[\s\-]+", " ", words).strip()


def search_before(pattern: re.Pattern[str], folded: str, place: int, floor: int = 0) -> re.Match[str] | None:
    """The match of a pattern that ends with `$` right before a place; only so far back as phrases reach."""
    return pattern.search(folded, max(floor, place - _REACH), place)


def _pattern(word: str) -> str:
    stem = word.removesuffix("*")
    gap = r"[\s\-]*" if _joinable(stem) else r"[\s\-]+"
    body = gap.join(re.escape(part) for part in re.split(r"[\s\-]+", stem)) or re.escape(stem)
    return body + (r"\w*" if word.endswith("*") else "")


def _joinable(stem: str) -> bool:
    """Whether a hyphenated phrase is also written as one word ("mid-tempo", "midtempo")."""
    return "-" in stem.strip("-") and " " not in stem


def _sections(section: str) -> Iterator[dict[str, Any]]:
    for name in LANGUAGES:
        found = language(name).get(section)
        if isinstance(found, dict):
            yield found
