"""Loudness as a number: "-14 LUFS"."""

from __future__ import annotations

import re

from aurax.errors import InvalidPrompt
from aurax.intent.found import Found
from aurax.intent.text import PromptText

QUIETEST_LUFS = -30.0
LOUDEST_LUFS = -6.0

_VALUE = r"(?:-|minus\s+)?\s*(?P<{}>\d{{1,3}}(?:[.,]\d+)?)"
_LUFS = re.compile(
    rf"(?<![\w.])(?:{_VALUE.format('low')}\s*(?:to|bis|and|~|/)\s*)?{_VALUE.format('value')}\s*(?:db\s*)?(?:lufs|lkfs)"
    r"(?:[\s\-]?i)?(?!\w)"
    rf"|(?<!\w)(?:lufs|lkfs)\s*(?:of|at|is|around|about|i)?\s*[:=]?\s*{_VALUE.format('named')}(?![\w.:/]\d|\w)"
)


def read_loudness(text: PromptText) -> Found[float] | None:
    """An integrated loudness that is asked for as a number; the middle of a range.

    Raises:
        InvalidPrompt: it is outside −30 to −6 LUFS.
    """
    match = _LUFS.search(text.folded)
    if match is None:
        return None
    lufs = -float((match["value"] or match["named"]).replace(",", "."))
    if match["low"]:
        lufs = (lufs - float(match["low"].replace(",", "."))) / 2.0
    quote = text.quote(*match.span())
    if not QUIETEST_LUFS <= lufs <= LOUDEST_LUFS:
        raise InvalidPrompt(
            f"a loudness from {QUIETEST_LUFS:g} to {LOUDEST_LUFS:g} LUFS",
            f"{lufs:g} LUFS ({quote!r})",
            "ask for another loudness, such as -14 LUFS",
        )
    return Found(lufs, *match.span(), quote)
