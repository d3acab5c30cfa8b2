"""Coverage: every word of the prompt is part of a wish, filler, or listed as not understood."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from aurax.intent.draft import Draft
from aurax.intent.matching import is_unspaced
from aurax.intent.text import BLANK, PromptText

_TOKEN = re.compile(r"[^\W_][\w'’\-]*|[^\w\s\x1f!-~]")
_APART = re.compile(r" +")
_SILENT = frozenset("·•…—–-|/\\*~☆★♪♫♬♩«»“”„‚‘’‹›、。「」『』（），：；！？・〜～¿¡°×→")
"""Signs that say nothing by themselves."""


def not_understood(text: PromptText, claimed: Iterable[tuple[int, int]]) -> list[Draft]:
    """The words that no reader claimed, neighbours joined, as wishes that nobody understood.

    Args:
        text: the prompt.
        claimed: spans of wishes and filler.
    """
    rest = text.without(claimed)
    spans: list[tuple[int, int]] = []
    for match in _TOKEN.finditer(rest.folded):
        if match[0] in _SILENT or not _says_something(match[0]):
            continue
        if spans and _APART.fullmatch(rest.folded, spans[-1][1], match.start()):
            spans[-1] = (spans[-1][0], match.end())
        else:
            spans.append(match.span())
    return [
        Draft(start, end, "unknown", text.quote(start, end), fate="not_understood", reason="these words are not known")
        for start, end in spans
    ]


def _says_something(token: str) -> bool:
    """Single Latin letters and lone small numbers say nothing; single characters of other scripts do."""
    if len(token) == 1:
        return is_unspaced(token) or not (token.isascii() or token == BLANK)
    return True


def claimed_spans(drafts: Sequence[Draft]) -> list[tuple[int, int]]:
    """Where wishes stand."""
    return [(draft.start, draft.end) for draft in drafts]
