"""Tempos in numbers: with a unit, after a key word, or alone in an item of the prompt."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from aurax.errors import InvalidPrompt
from aurax.intent.found import Found
from aurax.intent.readers.amounts import find_amounts, is_drum_machine
from aurax.intent.readers.language import CJK, LEFT, any_of, named, phrases, search_before
from aurax.intent.readers.numbers import find_numbers
from aurax.intent.text import PromptText

SLOWEST_BPM = 30.0
FASTEST_BPM = 300.0
_LONE_SLOWEST_BPM, _LONE_FASTEST_BPM = 60.0, 200.0
"""A number without a unit is a tempo only within these, and only where nothing else stands beside it."""

_ABOUT = r"(?:[~≈≃±]|c\.)"
_SIGN = re.compile(rf"(?:(?P<minus>(?:^|(?<=[,;(])|(?<=[,;(]\s))-)|-\s*|{_ABOUT}|(?<!\w)@)\s*$")
DIGITS = r"\d{1,6}(?:[.,]\d{1,3})?"
"""A tempo in digits."""
_DOUBLE = re.compile(rf"(?<![\w./])(?P<first>{DIGITS})\s*/\s*(?P<second>{DIGITS})\s*bpm(?!\w)")
"""Trap and dubstep are counted both ways: "140/70 bpm"."""
_NAMED_BY_NUMBER = re.compile(
    r"(?<!\w)(?:route|blink|studio|sum|area|club|level|catch|apollo|no\.?|number|nr\.?|version|v|opus|op\.?|bwv|kv?\.?|"
    r"vol\.?|volume|track|take|model|type|highway|interstate|channel|room|unit|formula|district|front|heaven|mk|part|"
    r"chapter|season|episode|day|age|aged|maroon|top|fifa|room|gate|sector|zone|bus|line|flight|like|at\s+age)(?:\s+\w+)?$"
)
"""Before a number: it belongs to a name ("Route 66")."""


@dataclass(frozen=True, slots=True)
class TempoNumber:
    """A tempo in numbers.

    Args:
        low_bpm: the lower end of a range, or the tempo.
        high_bpm: the upper end, or the tempo.
    """

    low_bpm: float
    high_bpm: float

    @property
    def bpm(self) -> float:
        """The tempo to take: the middle of the range."""
        return (self.low_bpm + self.high_bpm) / 2.0

    @property
    def is_range(self) -> bool:
        """Whether two ends were given."""
        return self.low_bpm != self.high_bpm


def read_tempo_numbers(text: PromptText) -> list[Found[TempoNumber]]:
    """Every tempo in numbers, in the prompt's order.

    Raises:
        InvalidPrompt: a tempo is outside 30 to 300 BPM.
    """
    numbers = _with_units(text)
    numbers += [one for one in _with_names(text) if not _overlaps(one, numbers)]
    if not numbers:
        numbers = _lone(text)
    for one in numbers:
        _check(one)
    return sorted(numbers, key=lambda one: one.start)


def _with_units(text: PromptText) -> list[Found[TempoNumber]]:
    found = []
    for one in find_amounts(text):
        if one.unit != "bpm":
            continue
        start, low, high = one.start, one.low, one.high
        sign = search_before(_SIGN, text.folded, start)
        if sign is not None:
            start = sign.start()
            low, high = (-low, -high) if sign["minus"] else (low, high)
        found.append(Found(TempoNumber(low, high), start, one.end, text.quote(start, one.end)))
    for match in text.find(_DOUBLE):
        first, second = bpm_of(match["first"]), bpm_of(match["second"])
        if max(first, second) == 2.0 * min(first, second):
            found.append(Found(TempoNumber(first, first), *match.span(), text.quote(*match.span())))
    return found


def _with_names(text: PromptText) -> list[Found[TempoNumber]]:
    """Numbers after "tempo", "bpm", a note sign, "@" or "about"."""
    found = []
    for match in text.find(_named_pattern()):
        high = bpm_of(match["before"] or match["one"])
        low = bpm_of(match["low"]) if match["low"] else high
        if match["about"] and not _LONE_SLOWEST_BPM / 1.5 <= high <= _LONE_FASTEST_BPM * 1.2:
            continue
        if match["soft"] and not SLOWEST_BPM <= high <= FASTEST_BPM and high < 1000:
            continue
        if low > high:
            high = low
        found.append(Found(TempoNumber(low, high), *match.span(), text.quote(*match.span())))
    name_before = re.compile(rf"{named('tempo', 'names')}\s*[:=]?\s*$")
    for number in find_numbers(text.folded):
        if number.kind not in ("words", "cjk") or not SLOWEST_BPM <= number.value <= FASTEST_BPM:
            continue
        name = search_before(name_before, text.folded, number.start)
        if name is not None:
            value = TempoNumber(number.value, number.value)
            found.append(Found(value, name.start(), number.end, text.quote(name.start(), number.end)))
    return found


def _lone(text: PromptText) -> list[Found[TempoNumber]]:
    """A number that is an item of the prompt by itself ("dubstep, 140, half-time drums") or its last word."""
    found = []
    for match in text.find(_lone_pattern()):
        values = [bpm_of(match[name]) for name in ("low", "high", "one", "last") if match[name]]
        if match["last"] and search_before(_NAMED_BY_NUMBER, text.folded, match.start()):
            continue
        if all(_LONE_SLOWEST_BPM <= one <= _LONE_FASTEST_BPM and not is_drum_machine(one) for one in values):
            start = match.start() + len(match[0]) - len(match[0].lstrip(" ,;|/、"))
            number = TempoNumber(min(values), max(values))
            found.append(Found(number, start, match.end(), text.quote(start, match.end())))
    return found[:1] if len({one.value for one in found}) == 1 else []


def _check(found: Found[TempoNumber]) -> None:
    for bpm in (found.value.low_bpm, found.value.high_bpm):
        if not SLOWEST_BPM <= bpm <= FASTEST_BPM:
            raise InvalidPrompt(
                f"a tempo from {SLOWEST_BPM:g} to {FASTEST_BPM:g} BPM",
                f"{bpm:g} BPM ({found.quote!r})",
                "ask for another tempo",
            )


def _overlaps(one: Found[TempoNumber], others: list[Found[TempoNumber]]) -> bool:
    return any(one.start < other.end and other.start < one.end for other in others)


def bpm_of(digits: str) -> float:
    """The value of digits with a point or a comma."""
    return float(digits.replace(",", "."))


@cache
def _named_pattern() -> re.Pattern[str]:
    spaced = [word for word in phrases("tempo", "names") if not re.search(CJK, word)]
    cjk = any_of(word for word in phrases("tempo", "names") if re.search(CJK, word))
    about = any_of(word for word in phrases("tempo", "about") if not re.search(CJK, word))
    about_cjk = any_of(word for word in phrases("tempo", "about") if re.search(CJK, word))
    small = r"is|of|de|von|wa|between|from|range|zwischen|entre|tra|は|が|在|为|是"
    hedge = rf"(?:\s*(?:{about}|{about_cjk}|{_ABOUT}|{small}))*"
    number = (
        rf"(?:(?P<low>{DIGITS})\s*(?:-|~|〜|to|bis|a|and|und|et|y|e|から|到|和)\s*)?(?P<one>{DIGITS})(?:[\s\-]?ish)?"
    )
    not_more = r"(?!\d|[.,:/]\d|\s*%|\s*x\b|[a-z])"
    alone = (
        r"(?=\s*(?:$|[,.;:!?)]|(?:with|and|in|for|please|or|but|then|on|of|groove|ish)\b))(?!\s*[.,:/]\d)"
        r"(?!\s+(?:in|of|and)\s+\d)"
    )
    return re.compile(
        rf"(?<!\d)(?P<before>{DIGITS})の(?:テンポ|bpm)|"
        rf"(?:(?P<sign>[♩♪𝅘𝅥]\.?\s*=\s*|(?<!\w)q\s*=\s*|(?<![\w.])@\s*)|(?P<key>{any_of(spaced)}{hedge}\s*[:=]{hedge}\s*"
        rf"|{LEFT}bpm\s*|{cjk}{hedge}\s*[:=]?\s*)|(?P<soft>{any_of(spaced)}{hedge}\s*)"
        rf"|(?P<about>{about}\s+(?:a\s+)?{_ABOUT}?\s*(?=\d[^%]*?)))"
        rf"(?:{number}){not_more}(?:\s*(?:bpm)(?!\w))?(?(about){alone})"
    )


@cache
def _lone_pattern() -> re.Pattern[str]:
    number = r"\d{2,3}(?:\.\d)?"
    span = rf"(?:(?P<low>{number})\s*[-~〜]\s*(?P<high>{number})|{_ABOUT}?\s*(?P<one>{number})(?:[\s\-]?ish)?)"
    return re.compile(
        rf"(?:(?<=[,;|/、])|^)\s*{span}\s*(?=[,;|/、]|\.?\s*$)"
        rf"|(?<=[a-z])\s+{_ABOUT}?(?P<last>1\d\d|[6-9]\d)(?:[\s\-]?ish)?\s*(?=[,;|、]|\.?\s*$)(?<!\w-\d\d\d)"
    )
