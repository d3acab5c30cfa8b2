"""Ordinary English words.

Source: the frequency dictionary of SymSpell (82,765 words).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def english_words() -> frozenset[str]:
    """Every word of the list, in lower case."""
    listed = files("symspellpy").joinpath("frequency_dictionary_en_82_765.txt").read_text(encoding="utf-8-sig")
    return frozenset(line.partition(" ")[0] for line in listed.splitlines())
