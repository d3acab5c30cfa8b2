"""Time signatures: in digits, in words, and by the names of dances."""

from __future__ import annotations

import re
from functools import cache

from aurax.errors import InvalidPrompt
from aurax.intent.found import Found
from aurax.intent.readers.language import LANGUAGES, RIGHT, any_of, language, named, squash, table
from aurax.intent.readers.negation import refusal_before
from aurax.intent.readers.numbers import cjk_number
from aurax.intent.text import PromptText, fold
from aurax.score.time import Meter

_ALONE = {2: "2/4", 3: "3/4", 4: "4/4", 5: "5/4", 6: "6/8", 7: "7/8", 9: "9/8", 11: "11/8", 12: "12/8", 13: "13/8"}
"""What "in seven" and 三拍子 mean, where the note value is left out."""
_COMMON_16 = frozenset({3, 5, 7, 9, 11, 13, 15})
_NOT_A_METER = (
    r"(?!\s*(?:notes?|rolls?|swing|triplets?|delays?|of\s|through|way|length|inch|note|hats?|hi-?hats?|bar|echo))"
)
_DIGITS = re.compile(
    rf"(?<![\w/.])(?P<top>\d{{1,3}})\s?/\s?(?P<bottom>\d{{1,3}})(?![\w/]|\.\d){_NOT_A_METER}", re.ASCII
)
_HAN = "〇零一二三四五六七八九十"


def read_meters(text: PromptText) -> list[Found[Meter]]:
    """Every time signature, in the prompt's order; refused ones ("not a waltz") are left out.

    Raises:
        InvalidPrompt: something is called a meter that is none, such as "in 4/5 time".
    """
    found: list[Found[Meter]] = []

    def add(meter: Meter, start: int, end: int) -> None:
        clear = not any(start < one.end and one.start < end for one in found)
        tail = _tail().match(text.folded, end)
        end = tail.end() if tail else end
        if clear and refusal_before(text.folded, 0, start) is None:
            found.append(Found(meter, start, end, text.quote(start, end)))

    for match in text.find(_DIGITS):
        top, bottom = int(match["top"]), int(match["bottom"])
        before, after = text.folded[: match.start()], text.folded[match.end() :]
        called = _called_so().match(after) is not None or re.search(r"(?<!\w)in\s+$", before) is not None
        if 2 <= top <= 16 and (bottom in (2, 4, 8) or (bottom == 16 and (called or top in _COMMON_16))):
            add(Meter(numerator=top, denominator=bottom), *match.span())
        elif called:
            raise InvalidPrompt(
                "a meter of 2 to 16 beats over 2, 4, 8 or 16",
                repr(text.quote(*match.span())),
                "write it like 4/4, 3/4, 6/8 or 7/8",
            )
    for pattern in _patterns():
        for match in text.find(pattern):
            meter = _meter_of(match)
            if meter is not None:
                add(meter, *match.span())
    for match in text.find(_names()):
        add(Meter.parse(_name(match[0])), *match.span())
    return sorted(found, key=lambda one: one.start)


def _meter_of(match: re.Match[str]) -> Meter | None:
    groups = match.groupdict()
    top, bottom = groups.get("top"), groups.get("bottom")
    beats = _beats(top or "")
    if beats is None:
        return None
    if bottom is None:
        return Meter.parse(_ALONE[beats]) if beats in _ALONE else None
    unit = _beats(bottom) or table("meter", "units").get(squash(bottom)) or _glued_units().get(bottom)
    if unit not in (2, 4, 8, 16) or not 2 <= beats <= 16:
        return None
    return Meter(numerator=beats, denominator=unit)


def _beats(word: str) -> int | None:
    if word.isdecimal():
        return int(word)
    if word and all(char in _HAN for char in word):
        return int(cjk_number(word))
    if word in _german_ones():
        return _german_ones()[word]
    value = table("meter", "beats").get(squash(word))
    return None if value is None else int(value)


def _name(words: str) -> str:
    names = {squash(word): str(value) for word, value in table("meter", "called").items()}
    return names[squash(words)]


@cache
def _called_so() -> re.Pattern[str]:
    return re.compile(rf"[\s\-]*{named('meter', 'names')}")


@cache
def _tail() -> re.Pattern[str]:
    """Words that belong to a meter and to nothing else."""
    return re.compile(r"[\s\-]*(?:time(?:\s+signature)?|meter|metre|takt|拍子?)" + RIGHT)


@cache
def _names() -> re.Pattern[str]:
    return re.compile(any_of(table("meter", "called")) + r"(?!\s+(?:no\.|nr\.))")


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    """Beats and note value in words, the surest first; where the note value is left out, `_ALONE` tells it."""
    top, bottom = any_of(table("meter", "beats")), any_of(table("meter", "units"))
    own = any_of(word for name in ("es", "pt", "it") for word in language(name)["meter"]["units"])
    han = rf"(?:\d{{1,2}}|[{_HAN}]{{1,2}})"
    ones, glued = "|".join(_german_ones()), "|".join(_glued_units())
    no_count = r"(?!\s*(?:bars?|minutes?|seconds?|measures?)\b)"
    ends = r"(?=\s*(?:$|[,.;:!?)]|(?:time|feel|and|with|at|but|meter|metre|groove)\b))"
    return tuple(
        re.compile(pattern)
        for pattern in (
            rf"(?P<top>{top})-(?P<bottom>{bottom}){no_count}",
            rf"(?P<top>{top})\s+(?P<bottom>{bottom})(?=\s*{named('meter', 'names')}|\s+waltz)",
            rf"(?<!\w)in\s+(?P<top>{top})\s+(?P<bottom>{bottom}){no_count}",
            rf"(?P<top>{top})\s+(?P<bottom>{own})(?!\s+d['ei])",
            rf"(?<!\w)(?P<top>{ones}|\d{{1,2}})[\s\-]*(?P<bottom>{glued})[\s\-]*takt\w*",
            rf"(?P<bottom>{han})分(?:の|之)(?P<top>{han})拍子?",
            r"(?P<bottom>[二四八])(?P<top>[二三四五六七九])拍子?",
            r"(?P<top>[三五六七九])(?P<bottom>[四八])拍子?",
            rf"(?<!\w)in\s+(?P<top>{top}|[2-9]|1[1-3]){RIGHT}{ends}",
            rf"(?<!\w)a\s+(?P<top>{top}|\d){RIGHT}\s+{named('meter', 'beats_alone')}",
            rf"(?P<top>{han})拍子",
        )
    )


@cache
def _german_ones() -> dict[str, int]:
    words = language("de")["numbers"]
    return {fold(word): int(value) for key in ("ones", "teens") for word, value in words[key].items() if value >= 2}


@cache
def _glued_units() -> dict[str, int]:
    return {fold(word): int(value) for name in LANGUAGES
            for word, value in language(name).get("meter", {}).get("glued_units", {}).items()}  # fmt: skip
