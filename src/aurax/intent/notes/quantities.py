"""Quantities of a note: "90 bpm", "by 3 dB", "20 %", "two semitones", "bars 17 to 24", "-9 LUFS"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from aurax.errors import InvalidPrompt
from aurax.intent.lexicon import table_of
from aurax.intent.readers.amounts import find_amounts
from aurax.intent.readers.language import any_of, phrases, squash
from aurax.intent.readers.loudness import read_loudness
from aurax.intent.readers.numbers import find_numbers
from aurax.intent.revision import ChangeUnit
from aurax.intent.text import PromptText, fold

_DIGITS = r"\d{1,4}(?:[.,]\d{1,2})?"
_SIGNED = re.compile(
    rf"(?P<by>(?<!\w)(?:by|um|de|di|por|per)\s+)?(?P<sign>[+-])?\s*(?P<value>{_DIGITS})\s*"
    r"(?P<unit>%|percent(?!\w)|per\s+cent(?!\w)|prozent(?!\w)|pour\s*cent(?!\w)|por\s*ci?ento(?!\w)|per\s*cento(?!\w)|パーセント"
    r"|d(?:b|ezibel|ecibels?)(?!\w)(?!\s*(?:lufs|lkfs))|lu(?!\w)|デシベル|分贝|x(?!\w)|times(?!\w))"
)
_TIMES = re.compile(rf"(?<!\w)x\s*(?P<value>{_DIGITS})(?!\w)")
_BARS = re.compile(
    r"(?<!\w)(?:bars?|measures?|takte?|mesures?|compas(?:es)?|battut[ae]|compassos?)\s+(?P<first>\d{1,4})"
    r"(?:\s*(?:-|to|bis|a|al|à|through|and|until)\s*(?P<last>\d{1,4}))?(?!\w)"
    r"|(?P<cjk_first>\d{1,4})\s*(?:小節目|小节)?\s*(?:-|から|到|至|〜|~)\s*(?P<cjk_last>\d{1,4})\s*(?:小節|小节)"
    r"|(?P<one>\d{1,4})\s*小節目|第\s*(?P<zh>\d{1,4})\s*小节"
)
_CLOCK = re.compile(
    r"(?<!\w)(?:at|from|after|until|between|bei|ab|a|à|en|um)\s+\d{1,2}:[0-5]\d(?:\s*(?:-|to|and|until)\s*\d{1,2}:[0-5]\d)?(?!\d)"
)
_SIGN_BEFORE = re.compile(
    r"(?P<by>(?<!\w)(?:by|um|de|di|por)\s+(?:(?:about|around|roughly|etwa|environ|unos|circa)\s+)?)?(?P<sign>[+-])?\s*$"
)
_AT = re.compile(r"(?<!\w)at\s+(?P<bpm>[5-9]\d|1\d\d|2[01]\d)(?=\s*(?:$|[,.;!?]))")
"""A tempo that is said by its number alone."""
_TO = re.compile(r"(?<!\w)(?:to|auf|à|a|bis|at|=|up to|down to)\s*$|(?:を|到|至|成)\s*$")


@dataclass(frozen=True)
class Quantity:
    """So much of a unit.

    Args:
        value: how much; signed where the note wrote a sign.
        unit: `bpm`, `s`, `bars`, `percent`, `db`, `lufs`, `semitones`, or `times`.
        signed: whether it was written with a sign, so that it is a difference that says which way.
        start: first character.
        end: first character after it.
        to: whether "to" stands before it, so that it is a goal.
        by: whether "by" stands before it, so that it is a difference.
    """

    value: float
    unit: ChangeUnit | str
    start: int
    end: int
    signed: bool = False
    to: bool = False
    by: bool = False


@dataclass(frozen=True)
class Place:
    """A piece of the song by bars or the clock.

    Args:
        bars: first and last bar from 1; None where the clock was named.
        start: first character.
        end: first character after it.
    """

    bars: tuple[int, int] | None
    start: int
    end: int


def read_places(text: PromptText) -> list[Place]:
    """Bars ("bars 17-24") and times ("at 1:20")."""
    found = []
    for match in text.find(_BARS):
        numbers = [int(one) for one in match.groups() if one]
        found.append(Place((numbers[0], numbers[-1]), *match.span()))
    found += [Place(None, *match.span()) for match in text.find(_CLOCK)]
    return found


def read_quantities(text: PromptText) -> tuple[list[Quantity], str]:
    """Every number with a unit, and a sentence on one that cannot be (empty where all can)."""
    wrong = ""
    found: list[Quantity] = []
    try:
        loudness = read_loudness(text)
    except InvalidPrompt as error:
        loudness, wrong = None, f"{error.expected} is possible, not {error.found}"
    if loudness is not None:
        found.append(Quantity(loudness.value, "lufs", *loudness.span))
    found += [one for one in _signed(text) if not _taken(one, found)]
    found += [one for one in _intervals(text) if not _taken(one, found)]
    found += [one for one in _named_tempos(text) if not _taken(one, found)]
    for amount in find_amounts(text):
        sign = _SIGN_BEFORE.search(text.folded, 0, amount.start)
        before = sign if sign is not None and (sign["sign"] or sign["by"]) else None
        one = Quantity(
            -amount.value if before is not None and before["sign"] == "-" else amount.value,
            amount.unit,
            amount.start if before is None else before.start(),
            amount.end,
            signed=before is not None and before["sign"] is not None,
            to=_TO.search(text.folded, 0, amount.start) is not None,
            by=before is not None and before["by"] is not None,
        )
        if not _taken(one, found):
            found.append(one)
    return sorted(found, key=lambda one: one.start), wrong


def _signed(text: PromptText) -> Iterator[Quantity]:
    for match in text.find(_SIGNED):
        unit = match["unit"]
        name = "percent" if unit[0] in "%pパ" else "times" if unit[0] in "xt" else "db"
        value = float(match["value"].replace(",", "."))
        signed, by = match["sign"] is not None, match["by"] is not None
        goal = _TO.search(text.folded, 0, match.start()) is not None
        yield Quantity(-value if match["sign"] == "-" else value, name, *match.span(), signed, goal, by)
    for match in text.find(_TIMES):
        yield Quantity(float(match["value"].replace(",", ".")), "times", *match.span())


def _named_tempos(text: PromptText) -> Iterator[Quantity]:
    """A number after the word tempo: "set the tempo to 100", テンポを90に."""
    for match in text.find(_tempo_pattern()):
        yield Quantity(float(match["bpm"].replace(",", ".")), "bpm", *match.span(), to=True)
    for match in text.find(_AT):
        yield Quantity(float(match["bpm"]), "bpm", *match.span(), to=True)


def _intervals(text: PromptText) -> Iterator[Quantity]:
    """Steps of pitch: "a tone", "2 semitones", "an octave", "a minor third"."""
    numbers = {number.end: number for number in find_numbers(text.folded)}
    for match in _interval_pattern().finditer(text.folded):
        number = next(
            (numbers[end] for end in range(match.start(), max(-1, match.start() - 3), -1) if end in numbers), None
        )
        name = squash(match["interval"])
        if number is None and name.isascii() and not name.startswith(("octav", "oktav", "ottav", "oitav")):
            continue  # "tone down", "the warm tone"
        size = intervals()[name]
        start, count = (number.start, number.value) if number is not None else (match.start(), 1.0)
        sign = _SIGN_BEFORE.search(text.folded, 0, start)
        before = sign if sign is not None and (sign["sign"] or sign["by"]) else None
        signed = before is not None and before["sign"] is not None
        if before is not None:
            start, count = before.start(), -count if before["sign"] == "-" else count
        yield Quantity(count * size, "semitones", start, match.end(), signed, by=before is not None)


def _taken(one: Quantity, others: list[Quantity]) -> bool:
    return any(one.start < other.end and other.start < one.end for other in others)


@cache
def intervals() -> dict[str, float]:
    """Names of intervals, folded, to semitones."""
    return {
        squash(fold(word)): float(row["semitones"]) for row in table_of("notes")["interval"] for word in row["words"]
    }


@cache
def _tempo_pattern() -> re.Pattern[str]:
    names = any_of([*phrases("tempo", "names"), "speed", "bpm"])
    goal = r"(?:to|at|is|of|about|around|up\s+to|down\s+to|auf|a|de|su|para|en|を|は|到|至|为|改成|调到)"
    unit = r"(?:\s*(?:bpm(?!\w)))?"
    after = r"(?!\d|[.,:/]\d|\s*(?:%|percent|prozent|x(?!\w)|times))"
    return re.compile(rf"{names}\s*[:=]?\s*(?:{goal}\s*)*(?P<bpm>\d{{2,3}}(?:[.,]\d)?){after}{unit}")


@cache
def _interval_pattern() -> re.Pattern[str]:
    return re.compile(rf"(?P<interval>{any_of(intervals())})")
