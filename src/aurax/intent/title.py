"""A short title from the prompt's own words."""

from __future__ import annotations

import re
from collections.abc import Callable

from aurax.intent.matching import is_unspaced
from aurax.intent.text import PromptText

_SCENE = re.compile(r"(?<!\w)(?:for|about|like|of)\s+(?:a|an|the|my|our)\s+(?P<scene>[a-z][a-z'\- ]{2,40})")
_WORD = re.compile(r"music box|\d+-[a-z]+|[^\W\d_][\w'\-]*")
_LONGEST = 48
_MOST_WORDS = 4


def make_title(text: PromptText, fallback: str, is_filler: Callable[[str], bool]) -> str:
    """Title a song: the scene it is for ("Rainy Night"), else its first telling words, else the style.

    Args:
        text: the prompt with numbers, keys and refused instruments blanked out.
        fallback: for prompts without a telling word.
        is_filler: whether a word says nothing, such as "please".
    """
    scene = _SCENE.search(text.folded)
    if scene is not None:
        words = _telling(text, scene.start("scene"), scene.end("scene"), is_filler)[:3]
        if len(words) >= 2:
            return _joined(words)
    return _joined(_telling(text, 0, len(text.folded), is_filler)[:_MOST_WORDS]) or fallback


def _telling(text: PromptText, start: int, end: int, is_filler: Callable[[str], bool]) -> list[str]:
    return [
        text.original[match.start() : match.end()].strip("'-")
        for match in _WORD.finditer(text.folded, start, end)
        if not is_filler(match[0]) and (len(match[0]) > 1 or is_unspaced(match[0]))
    ]


def _joined(words: list[str]) -> str:
    title = ""
    for word in words:
        capital = re.sub(r"(^|[\s-])(\w)", lambda match: match[1] + match[2].upper(), word)
        if len(title) + len(capital) + 1 <= _LONGEST:
            title = f"{title} {capital}".strip()
    return title
