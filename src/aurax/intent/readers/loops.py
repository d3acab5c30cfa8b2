"""Whether a loop is asked for: music that has no end, because its end goes on in its start.

"Loop" alone can be the song ("16 bar loop", "lofi loop", ", loop") or material inside it ("filtered disco loop", "drum
loops", "loop pedal"). It is the song where a count stands with it, where an item of the prompt says nothing else, or
where the prompt begins with it.
"""

from __future__ import annotations

import re
from functools import cache

from aurax.intent.found import Found
from aurax.intent.readers.amounts import find_amounts
from aurax.intent.readers.language import LEFT, RIGHT, any_of, named, phrases
from aurax.intent.readers.negation import refusal_after, refusal_before
from aurax.intent.text import PromptText

_ITEM_START = re.compile(r"[^,;.!?:()\[\]|、。，；\n]*$")
_ITEM_END = re.compile(r"[^,;.!?:()\[\]|、。，；\n]*")


def read_loop(text: PromptText) -> Found[bool] | None:
    """Whether a loop is asked for; "with a guitar loop" and "drum loops" name material, and "no loop" refuses one."""
    for match in text.find(_pattern()):
        if refusal_before(text.folded, 0, match.start()) is not None:
            continue
        if refusal_after(text.folded, match.end()) is not None:
            continue
        if match["sure"] or match["evenly"] or _is_song(text, match):
            return Found(True, *match.span(), text.quote(*match.span()))
    return None


def _is_song(text: PromptText, match: re.Match[str]) -> bool:
    """Whether a plain "loop" is the song itself."""
    folded = text.folded
    before = _ITEM_START.search(folded[: match.start()])
    start = before.start() if before else match.start()
    end = match.end() + len(_ITEM_END.match(folded[match.end() :])[0])  # type: ignore[index]
    plural = match[0].endswith("loops")
    lead, tail = folded[start : match.start()].strip(), folded[match.end() : end].strip()
    if _device().match(folded, match.end()):
        return False
    if _material().search(lead) or re.match(r"(?:over|under|on\s+top)\b", tail):
        return False
    if any(start <= one.start < end and one.unit in ("s", "bars") for one in find_amounts(text)):
        return True
    if plural:
        return False
    if not tail and (not lead or _plain().fullmatch(lead)):
        return True
    return start == 0


@cache
def _pattern() -> re.Pattern[str]:
    sure = named("loop", "sure")
    evenly = named("loop", "evenly")
    words = any_of(
        [rf"{word}s" for word in phrases("loop", "words") if word.isascii()] + list(phrases("loop", "words"))
    )
    return re.compile(
        rf"(?P<evenly>{evenly}[\s\-]+(?:loop(?:s|ed|ing|able)?{RIGHT}|{words})|(?:{LEFT}loops?{RIGHT})\s+{evenly})"
        rf"|(?P<sure>{sure})|(?P<plain>(?<!-){words}(?!ペダル|ステーション))"
    )


@cache
def _plain() -> re.Pattern[str]:
    return re.compile(rf"(?:\s*{named('loop', 'plain_before')})+")


@cache
def _material() -> re.Pattern[str]:
    return re.compile(
        rf"{named('loop', 'material_before')}\s+"
        r"(?:(?:an?|the|some|my|one|einem|einer|une?|una?|el|la)\s+)?(?:[\w\-]+\s+){0,3}(?:[\w\-]+)?$"
        rf"|{named('loop', 'material_before')}$"
    )


@cache
def _device() -> re.Pattern[str]:
    return re.compile(rf"[\s\-]*{named('loop', 'device_after', left=False)}")
