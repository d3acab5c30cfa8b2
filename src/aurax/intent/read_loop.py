"""Whether a loop is asked for: music that has no end, because its end goes on in its start.

Prompts are read without accents, the small circle of "ループ" included.
"""

from __future__ import annotations

import re

from aurax.intent.negation import refusal_before
from aurax.intent.phrases import Found
from aurax.intent.text import PromptText

_EVENLY = (
    r"(?:seamless(?:ly)?|perfect(?:ly)?|endless(?:ly)?|infinite(?:ly)?|gapless(?:ly)?|clean(?:ly)?|continuous(?:ly)?)"
)
_PIECE = (
    r"(?:(?:background|game|menu|level|battle|ambient)\s+)?"
    r"(?:music|track|song|piece|bed|beat|bgm|theme|ambience|soundtrack|video|groove|audio)"
)
_LOOP = re.compile(
    r"(?<!\w)(?:"
    rf"{_EVENLY}[\s\-]+loop(?:s|ed|ing|able)?"
    rf"|loops?\s+(?:{_EVENLY}|forever|well|back|around)"
    rf"|looping\s+{_PIECE}"
    r"|(?:that|which|it|must|should|shall|to|can|will|be)\s+loop(?:s|ed)?"
    r"|on\s+(?:a\s+)?loop|loop[\s\-]?(?:able|bar|fahig\w*)"
    r"|(?:endlos)?(?:schleife|loop)s?"
    r"|(?:en\s+)?boucle|bouclable|(?:en\s+)?bucle|bucleable|loopavel"
    r")(?!\w)"
    r"|ルーフ"
)
_MATERIAL = re.compile(
    r"(?<!\w)(?:with|over|around|using|from|featuring|built on|based on|uses?|mit|avec|con|com|uber|sur|sobre)\s+"
    r"(?:(?:an?|the|some|my|one|einem|einer|une?|una?|el|la)\s+)?(?:[\w\-]+\s+){0,3}$"
)
"""Before "loop": what is looped is material inside the song, not the song."""
_KIND = re.compile(
    r"(?<!\w)(?:drums?|tape|samples?|sampled|guitar|vocal|break|breakbeat|percussion|perc|vinyl|hat|feedback|video|time|"
    r"fruity|for|while|string)[\s\-]+$"
)
"""Before "loops" in the plural: material."""
_SURE = re.compile(rf"{_EVENLY}|forever|able|bar\b|fahig|endlos")


def read_loop(text: PromptText) -> Found[bool] | None:
    """Whether a loop is asked for; "with a guitar loop" and "drum loops" name material, and "no loop" refuses one."""
    for match in text.find(_LOOP):
        before = text.folded[: match.start()]
        if refusal_before(text.folded, 0, match.start()) is not None:
            continue
        plain = not _SURE.search(match[0])
        if plain and _MATERIAL.search(before):
            continue
        if match[0].endswith("loops") and not re.search(r"\s", match[0]) and _KIND.search(before):
            continue
        return Found(True, *match.span(), text.quote(*match.span()))
    return None
