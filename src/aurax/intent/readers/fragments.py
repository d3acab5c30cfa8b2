"""Pieces of longer words that nobody here knows: ロック in ブロック, 爱 in 爱沙尼亚."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence

from aurax.intent.entries import Entry, Mood, VoiceWord
from aurax.intent.text import PromptText

_KATAKANA = re.compile(r"[ァ-ヺー]+")
_HAN = re.compile(r"[\u3400-\u9fff]+")
_LONGEST_REST = 2
"""Katakana left over beside a known word that show it to be a piece of one; what is longer is a word of its own."""


def is_fragment(
    text: PromptText, entry: Entry, start: int, end: int, found: Sequence[tuple[int, int]], known: Container[str]
) -> bool:
    """Whether a known word is only a piece of an unknown one.

    Args:
        text: the prompt.
        entry: what the word means.
        start: where it starts.
        end: where it ends.
        found: where all known words stand.
        known: words that other readers look for beside them: ソロ in ピアノソロ.
    """
    word = text.folded[start:end]
    if _KATAKANA.fullmatch(word):
        script, longest = _KATAKANA, _LONGEST_REST
    elif len(word) == 1 and _HAN.fullmatch(word) and isinstance(entry, (Mood, VoiceWord)):
        script, longest = _HAN, len(text.folded)
    else:
        return False
    rest = text.without(found).folded
    before = re.search(rf"(?:{script.pattern})$", rest[:start])
    after = script.match(rest, end)
    return any(one is not None and len(one[0]) <= longest and one[0] not in known for one in (before, after))
