"""Numbers together with their units: times, bars and tempos, ranges included."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from aurax.intent.found import Found
from aurax.intent.readers.language import LEFT, RIGHT, any_of, named, phrases, squash
from aurax.intent.readers.numbers import Number, find_numbers
from aurax.intent.text import PromptText

Unit = Literal["s", "bars", "bpm"]

_DRUM_MACHINES = frozenset({808, 909, 707, 606, 303, 505, 626, 727, 101, 202, 404})
"""Numbers that are names of machines: "909s" are no seconds, and a lone "909" is no tempo."""
_SECONDS_PER = {"hour": 3600.0, "minute": 60.0, "second": 1.0}
_NAME = re.compile(r"\s+(?:to\s+(?:mars|midnight)|of\s+(?:summer|fame|hate))(?!\w)")
"""After "30 seconds": they belong to a name."""
_TENS_OF_BPM = re.compile(r"'?s[\s\-]*bpm(?!\w)")
"""After "120": "120s bpm" is 120 to 129."""
_SPOT = re.compile(
    r"(?<![\w:])(?::(?P<colon>[1-9]\d)|(?P<inches>\d{1,2})\s?[\"″])"
    r"(?=\s+(?:radio\s+|tv\s+)?(?:spot|commercial|ad|tag|bumper|jingle|cutdown|cut|teaser)s?\b)"
)
"""Advertising writes half a minute as ":30" or 30″."""
_DONE = re.compile(r"\s*(?:$|[,.;]|(?:track|song|piece|loop|clip|version|beat)\b)")
"""After "1 minute 20": the twenty are seconds."""
_OR_TWO = re.compile(r"\s+(?:or two|oder zwei|ou deux|o dos|ou dois|o due)(?!\w)")
_CLOCK = re.compile(
    rf"(?<![\d:.]){LEFT}(?P<minutes>\d{{1,3}})(?::(?P<seconds>[0-5]\d)(?![\d:])(?!\s*(?:am|pm|a\.m|p\.m|uhr|o'clock)\b)"
    r"(?:\s*(?:min|minutes?|m|h)\b)?"
    r"|\s?['′]\s?(?P<primed>[0-5]?\d)(?:\s?(?:\"|″|''|′′))?(?!\w)"
    r"|\s?m(?:in)?\.?\s?(?P<packed>[0-5]?\d)(?:\s?s(?:ec)?)?(?!\w)(?![.:/]\d|\s*bpm))"
)


@dataclass(frozen=True, slots=True)
class Amount:
    """So much of a unit.

    Args:
        low: in seconds, bars or beats per minute; the lower end of a range.
        high: the upper end, equal to `low` where it is no range.
        unit: what it is counted in.
        start: first character.
        end: first character after it.
        symbol: whether its unit is a bare letter ("90s", "2m"), which can mean other things.
        plural: whether its unit stands in the plural ("4 bars" against "4 bar intro").
        scale: what one of its units is in seconds, bars or beats per minute.
        clock: whether it is written like a time of day ("1:45").
    """

    low: float
    high: float
    unit: Unit
    start: int
    end: int
    symbol: bool = False
    plural: bool = True
    scale: float = 1.0
    clock: bool = False

    @property
    def value(self) -> float:
        """The middle of the range."""
        return (self.low + self.high) / 2.0

    def found(self, text: PromptText) -> Found[float]:
        """Its value with the words that say it."""
        return Found(self.value, self.start, self.end, text.quote(self.start, self.end))


def is_drum_machine(number: float) -> bool:
    """Whether a number is the name of a well-known drum machine or synthesizer."""
    return number in _DRUM_MACHINES


def find_amounts(text: PromptText) -> list[Amount]:
    """Every number with a unit, in the prompt's order, none overlapping."""
    folded = text.folded
    found = [
        Amount(seconds := 60.0 * int(match["minutes"]) + int(match["seconds"] or match["primed"] or match["packed"]),
               seconds, "s", *match.span(), scale=60.0, clock=match["seconds"] is not None)
        for match in _CLOCK.finditer(folded)
    ]  # fmt: skip
    for match in _SPOT.finditer(folded):
        seconds = float(match["colon"] or match["inches"])
        found.append(Amount(seconds, seconds, "s", *match.span()))
    numbers = [
        one
        for one in find_numbers(folded)
        if not any(one.start < clock.end and clock.start < one.end for clock in found)
    ]
    end = 0
    for index, number in enumerate(numbers):
        if number.start < end:
            continue
        amount = _range(folded, number, next((one for one in numbers[index + 1 :] if one.kind != "article"), None))
        amount = amount or _single(folded, number)
        if amount is not None:
            amount = _with_seconds(folded, amount, numbers[index + 1 :])
            amount = _with_hundred(folded, amount, numbers[index - 1] if index else None, number)
            found.append(amount)
            end = amount.end
    return sorted(found, key=lambda one: one.start)


def _single(folded: str, number: Number) -> Amount | None:
    """A number with the unit right after it."""
    decade = _TENS_OF_BPM.match(folded, number.end) if number.kind == "digits" else None
    if decade is not None and number.value % 10 == 0:
        return Amount(number.value, number.value + 9.0, "bpm", number.start, decade.end())
    unit = _unit_pattern().match(folded, number.end)
    if unit is None or _NAME.match(folded, unit.end()):
        return None
    name, word = str(unit.lastgroup), unit[0].strip(" -\t")
    if name in ("short_minute", "short_second", "short_hour"):
        if number.kind != "digits" or not _is_symbol_of(name, number, unit[0]):
            return None
        factor = _SECONDS_PER[name.removeprefix("short_")]
        return Amount(
            number.value * factor, number.value * factor, "s", number.start, unit.end(), symbol=True, scale=factor
        )
    if number.kind == "article" and (
        name not in ("hour", "minute") or squash(word) in phrases("units", "minute_short")
    ):
        return None
    if name == "cjk_minute" and not _is_cjk_minute(folded, number, unit.end()):
        return None
    if name == "beats" and not 30 <= number.value <= 300:
        return None
    name = {"cjk_minute": "minute", "beats": "bpm"}.get(name, name)
    end = unit.end()
    half = _late_half().match(folded, end)
    value = number.value
    if half is not None and name in ("hour", "minute"):
        value, end = value + 0.5, half.end()
    plural = word.endswith(("s", "n", "e", "i")) or not word.isascii()
    if name == "bar":
        return Amount(value, value, "bars", number.start, end, plural=plural and word != "measure")
    if name == "bpm":
        return Amount(value, value, "bpm", number.start, end)
    seconds, scale = value * _SECONDS_PER[name], _SECONDS_PER[name]
    or_two = _OR_TWO.match(folded, end)
    if value == 1.0 and or_two is not None:
        return Amount(seconds, 2.0 * seconds, "s", number.start, or_two.end(), scale=scale)
    return Amount(seconds, seconds, "s", number.start, end, plural=plural and word != "minute", scale=scale)


def _range(folded: str, low: Number, high: Number | None) -> Amount | None:
    """Two numbers that name a range of one unit: "80-90 bpm", "between 2 and 3 minutes", "2 min to 3 min"."""
    if high is None or low.kind == "article":
        return None
    end = _single(folded, high)
    if end is None or (end.symbol and end.unit == "s" and is_drum_machine(high.value)):
        return None
    first = _single(folded, low)
    if first is not None and first.unit != end.unit:
        return None
    gap = folded[first.end if first is not None else low.end : high.start]
    between = _between().search(folded, 0, low.start) if _and().fullmatch(gap) else None
    joined = _to().fullmatch(gap) or between or (_and().fullmatch(gap) and end.unit == "bpm")
    scale = end.low / high.value if high.value and end.unit == "s" else 1.0
    lowest = first.low if first is not None else low.value * scale
    if not joined or lowest >= end.low:
        return None
    start = between.start() if between else low.start
    return Amount(lowest, end.high, end.unit, start, end.end, end.symbol, end.plural, end.scale)


def _with_seconds(folded: str, amount: Amount, later: list[Number]) -> Amount:
    """Minutes together with the seconds after them: "1 min 30 s", "2 minutes and 15 secs", "2分30秒", "1 min 30"."""
    if amount.unit != "s" or amount.low != amount.high or amount.low % 30.0 or amount.low < 60.0:
        return amount
    for number in later:
        if number.start < amount.end or number.kind == "article":
            continue
        if not _then().fullmatch(folded, amount.end, number.start):
            break
        rest = _single(folded, number)
        if rest is not None and rest.unit == "s" and rest.low < 60.0:
            return Amount(amount.low + rest.low, amount.high + rest.low, "s", amount.start, rest.end)
        if rest is None and number.value < 60.0 and "," not in folded[amount.end : number.start] and _DONE.match(
            folded, number.end
        ):  # fmt: skip
            return Amount(amount.low + number.value, amount.high + number.value, "s", amount.start, number.end)
        break
    return amount


def _with_hundred(folded: str, amount: Amount, before: Number | None, number: Number) -> Amount:
    """Add the hundreds of "one twenty bpm": a one or two in words right before another number."""
    if amount.unit != "bpm" or before is None or before.kind != "words" or number.kind != "words":
        return amount
    close = re.fullmatch(r"[\s\-]+", folded[before.end : number.start]) is not None
    if not close or before.value not in (1, 2) or not 10 <= amount.low < 100 or amount.low != amount.high:
        return amount
    bpm = 100.0 * before.value + amount.low
    return replace(amount, low=bpm, high=bpm, start=before.start)


def _is_symbol_of(name: str, number: Number, written: str) -> bool:
    """Whether a bare letter after digits is a unit: "90s" and "2 m" are, "808s" and "100m" are not."""
    if name == "short_minute":
        return number.value <= 20
    if name == "short_second":
        return not (is_drum_machine(number.value) and not written.startswith(" "))
    return True


def _is_cjk_minute(folded: str, number: Number, end: int) -> bool:
    """Whether 分 means minutes: not in 八分音符 (eighth notes), 四分の三 (three quarters) or 十分 (very)."""
    if re.match(r"[のノ音打拍之钟]", folded[end:]) and not re.match(
        r"の(?:曲|长さ|音楽|トラック|BGM|bgm)", folded[end:]
    ):
        return False
    written = folded[number.start : number.end]
    return written != "十" or re.match(r"(?:间|程度|くらい|ぐらい|ほど|の曲)", folded[end:]) is not None


@cache
def _unit_pattern() -> re.Pattern[str]:
    about = r"\+?(?:[\s\-]?ish(?!\w))?(?:\s+or\s+so(?!\w))?(?:\s+(?:full|whole)(?!\w))?"
    minutes = (*phrases("units", "minute"), *phrases("units", "minute_short"))
    bpm = any_of([word for word in phrases("units", "bpm") if word != "拍"], left=False)
    parts = {
        "bpm": bpm,
        "beats": r"拍(?!子|手)",
        "hour": named("units", "hour", left=False),
        "cjk_minute": r"分(?!钟|间)",
        "minute": any_of((one for one in minutes if one != "分"), left=False),
        "second": named("units", "second", left=False),
        "bar": rf"(?:{named('units', 'bar', left=False)})(?!\s*(?:chords?|music|chimes|stools?|piano|room)(?!\w))",
        "short_minute": rf"(?<=[\d½¼¾])\s?m{RIGHT}",
        "short_second": rf"(?<=[\d½¼¾])\s?s{RIGHT}(?!')",
        "short_hour": rf"(?<=[\d½¼¾])\s?h{RIGHT}",
    }  # fmt: skip
    alternatives = "|".join(f"(?P<{name}>[\\s\\-]*{pattern})" for name, pattern in parts.items() if "short" not in name)
    shorts = "|".join(f"(?P<{name}>{pattern})" for name, pattern in parts.items() if "short" in name)
    return re.compile(f"{about}(?:{alternatives}|{shorts})")


@cache
def _late_half() -> re.Pattern[str]:
    return re.compile(rf"[\s\-]*(?:{named('numbers', 'plus_half', left=False)}|半钟?)")


@cache
def _to() -> re.Pattern[str]:
    return re.compile(rf"\s*(?:[-~〜]|{named('ranges', 'to', left=False, right=False)})\s*(?:~|≈)?\s*")


@cache
def _and() -> re.Pattern[str]:
    return re.compile(rf"\s*{named('ranges', 'and', left=False, right=False)}\s*")


@cache
def _between() -> re.Pattern[str]:
    return re.compile(rf"{named('ranges', 'between')}\s*(?:about|around|~)?\s*$")


@cache
def _then() -> re.Pattern[str]:
    return re.compile(r"[\s,\-]*(?:(?:and|und|et|y|e|と)\s*)?")
