"""How fast the song shall be: numbers, terms, words, and changes on the way."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from aurax.errors import InvalidPrompt
from aurax.intent.phrases import Found
from aurax.intent.readers.amounts import find_amounts, is_drum_machine
from aurax.intent.readers.language import CJK, LEFT, any_of, groups, named, phrases, search_before, squash, table
from aurax.intent.readers.negation import degree_before
from aurax.intent.readers.numbers import find_numbers
from aurax.intent.text import PromptText, fold

SLOWEST_BPM = 30.0
FASTEST_BPM = 300.0
_LONE_SLOWEST_BPM, _LONE_FASTEST_BPM = 60.0, 200.0
"""A number without a unit is a tempo only within these, and only where nothing else stands beside it."""

_ABOUT = r"(?:[~≈≃±]|c\.)"
_SIGN = re.compile(rf"(?:(?P<minus>(?<![\w)])-\s*)|{_ABOUT}|(?<!\w)@)\s*$")
_DIGITS = r"\d{1,6}(?:[.,]\d{1,3})?"
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


@dataclass(frozen=True, slots=True)
class TempoWord:
    """A word such as "fast".

    Args:
        percent: against the style's own tempo.
        place: in a genre's range of tempos, 0 its slowest and 1 its fastest.
    """

    percent: float
    place: float


@dataclass(frozen=True, slots=True)
class TempoChange:
    """A tempo that shall change on the way.

    Args:
        kind: which way it goes; `change` where that is not said.
        from_bpm: where it starts, if that was said.
        to_bpm: where it ends, if that was said.
    """

    kind: Literal["faster", "slower", "change"]
    from_bpm: float | None = None
    to_bpm: float | None = None


@dataclass(frozen=True, slots=True)
class TempoWish:
    """Everything the prompt says of tempo.

    Args:
        numbers: tempos given as numbers, in the prompt's order; of a change, where it starts.
        terms: Italian and Chinese terms with their usual tempo in BPM.
        words: words such as "fast".
        changes: changes on the way ("speed up to 140", "ritardando").
    """

    numbers: tuple[Found[TempoNumber], ...]
    terms: tuple[Found[float], ...]
    words: tuple[Found[TempoWord], ...]
    changes: tuple[Found[TempoChange], ...] = ()

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Where all of it stands."""
        parts: tuple[tuple[Found[Any], ...], ...] = (self.numbers, self.terms, self.words, self.changes)
        return [one.span for part in parts for one in part]

    @property
    def number_spans(self) -> list[tuple[int, int]]:
        """Where its numbers and changes stand, in which no other reader finds anything."""
        return [*(one.span for one in self.numbers), *(one.span for one in self.changes)]


def read_tempo(text: PromptText) -> TempoWish:
    """Read numbers, ranges, terms, plain words and changes.

    Raises:
        InvalidPrompt: a tempo is outside 30 to 300 BPM.
    """
    numbers = _with_units(text)
    numbers += [one for one in _with_names(text) if not _overlaps(one, numbers)]
    if not numbers:
        numbers = _lone(text)
    numbers.sort(key=lambda one: one.start)
    for one in numbers:
        _check(one)
    changes, numbers = _changes(text, numbers)
    rest = text.without([*(one.span for one in numbers), *(one.span for one in changes)])
    words = _words(rest)
    terms = tuple(one for one in _terms(rest) if not _overlaps(one, words))
    return TempoWish(tuple(numbers), terms, tuple(words), tuple(changes))


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
    return found


def _with_names(text: PromptText) -> list[Found[TempoNumber]]:
    """Numbers after "tempo", "bpm", a note sign, "@" or "about"."""
    found = []
    for match in text.find(_named_pattern()):
        low, high = _value(match["low"] or match["one"]), _value(match["one"])
        if match["about"] and not _LONE_SLOWEST_BPM / 1.5 <= high <= _LONE_FASTEST_BPM * 1.2:
            continue
        if match["soft"] and not SLOWEST_BPM <= high <= FASTEST_BPM and high < 1000:
            continue
        if low > high:
            continue
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
        values = [_value(match[name]) for name in ("low", "high", "one", "last") if match[name]]
        if match["last"] and search_before(_NAMED_BY_NUMBER, text.folded, match.start()):
            continue
        if all(_LONE_SLOWEST_BPM <= one <= _LONE_FASTEST_BPM and not is_drum_machine(one) for one in values):
            start = match.start() + len(match[0]) - len(match[0].lstrip(" ,;|/、"))
            number = TempoNumber(min(values), max(values))
            found.append(Found(number, start, match.end(), text.quote(start, match.end())))
    return found[:1] if len({one.value for one in found}) == 1 else []


def _terms(text: PromptText) -> list[Found[float]]:
    values = {squash(word): float(value) for word, value in table("tempo", "terms").items()}
    not_a_term = r"(?!\s+(?:is|piano\s+trio))"
    pattern = re.compile(any_of(values) + not_a_term)
    return [Found(values[squash(one[0])], *one.span(), text.quote(*one.span())) for one in text.find(pattern)]


def _words(text: PromptText) -> list[Found[TempoWord]]:
    """Plain words; before an effect or a part ("slow attack", "fast fade") they do not speak of the song."""
    found: list[Found[TempoWord]] = []
    for match in text.find(_word_pattern()):
        group = _word_groups()[squash(match[0])]
        factor, start = degree_before(text.folded, match.start())
        if group["place"] == 0.0 and factor > 0:
            factor = 1.0
        word = TempoWord(group["percent"] * factor, _place(group["place"], factor))
        found.append(Found(word, start, match.end(), text.quote(start, match.end())))
    return found


def _place(place: float, factor: float) -> float:
    """Where in a range a word lies once its degree is counted in: "very slow" is slower than "slow"."""
    return min(max(0.5 + (place - 0.5) * factor * (1.0 if factor > 0 else 0.5), 0.0), 1.0)


def _changes(
    text: PromptText, numbers: list[Found[TempoNumber]]
) -> tuple[list[Found[TempoChange]], list[Found[TempoNumber]]]:
    """Changes on the way; the numbers that belong to them are theirs, but the first stays as the song's tempo."""
    found: list[Found[TempoChange]] = []
    kept = list(numbers)
    for match in text.find(_change_pattern()):
        kind: Literal["faster", "slower", "change"] = (
            "faster" if match["faster"] else "slower" if match["slower"] else "change"
        )
        pair = _pair(text, match.end(), kept)
        if kind == "change" and pair is None and not re.search(r"tempo|速|テンホ|andam|temp", match[0]):
            continue
        if any(match.start() < one.end and one.start < match.end() for one in found):
            continue
        from_bpm, to_bpm, end = pair or (None, None, match.end())
        after = [one for one in kept if match.start() <= one.start < end]
        before = [one for one in kept if one.end <= match.start()]
        if kind != "change" and pair is None:
            target = _target(text, match.end())
            if target is not None:
                to_bpm, end = target
                kept = [one for one in kept if not match.end() <= one.start < end]
                from_bpm = before[-1].value.bpm if before else None
        if from_bpm is not None and after:
            first = Found(TempoNumber(from_bpm, from_bpm), after[0].start, after[0].end, after[0].quote)
            kept = [one for one in kept if one not in after]
            kept.append(first)
        elif from_bpm is not None and not before:
            kept.append(Found(TempoNumber(from_bpm, from_bpm), match.start(), end, text.quote(match.start(), end)))
        if from_bpm is not None and to_bpm is not None and from_bpm != to_bpm:
            kind = "faster" if to_bpm > from_bpm else "slower"
        found.append(Found(TempoChange(kind, from_bpm, to_bpm), match.start(), end, text.quote(match.start(), end)))
    return found, sorted(kept, key=lambda one: one.start)


def _pair(text: PromptText, place: int, numbers: list[Found[TempoNumber]]) -> tuple[float, float, int] | None:
    """Two tempos after a word of change: "from 90 to 120 bpm", "at 90 bpm and speed up to 140"."""
    match = _pair_pattern().match(text.folded, place)
    if match is None:
        return None
    low, high = _value(match["first"]), _value(match["second"])
    if not all(SLOWEST_BPM <= one <= FASTEST_BPM for one in (low, high)):
        return None
    has_unit = any(place <= one.start < match.end() for one in numbers) or "tempo" in text.folded[:place]
    return (low, high, match.end()) if has_unit or re.search("bpm", match[0]) else None


def _target(text: PromptText, place: int) -> tuple[float, int] | None:
    """The tempo that a change goes to: "speed up to 140"."""
    match = re.match(rf"\s+(?:to|until|till|bis|auf|a|jusqu'a|hasta|ate|fino a)\s+(?P<bpm>{_DIGITS})(?:\s*bpm)?(?!\w)",
                     text.folded[place:])  # fmt: skip
    if match is None or not SLOWEST_BPM <= _value(match["bpm"]) <= FASTEST_BPM:
        return None
    return _value(match["bpm"]), place + match.end()


def _check(found: Found[TempoNumber]) -> None:
    for bpm in (found.value.low_bpm, found.value.high_bpm):
        if not SLOWEST_BPM <= bpm <= FASTEST_BPM:
            raise InvalidPrompt(
                f"a tempo from {SLOWEST_BPM:g} to {FASTEST_BPM:g} BPM",
                f"{bpm:g} BPM ({found.quote!r})",
                "ask for another tempo",
            )


def _overlaps(
    one: Found[TempoNumber] | Found[float], others: list[Found[TempoNumber]] | list[Found[TempoWord]]
) -> bool:
    return any(one.start < other.end and other.start < one.end for other in others)


def _value(digits: str) -> float:
    return float(digits.replace(",", "."))


@cache
def _named_pattern() -> re.Pattern[str]:
    spaced = [word for word in phrases("tempo", "names") if not re.search(CJK, word)]
    cjk = any_of(word for word in phrases("tempo", "names") if re.search(CJK, word))
    about = any_of(word for word in phrases("tempo", "about") if not re.search(CJK, word))
    about_cjk = any_of(word for word in phrases("tempo", "about") if re.search(CJK, word))
    hedge = rf"(?:\s*(?:{about}|{about_cjk}|{_ABOUT}|is|of|de|von|wa))*"
    number = rf"(?:(?P<low>{_DIGITS})\s*(?:-|~|〜|to|bis|a|から|到)\s*)?(?P<one>{_DIGITS})(?:[\s\-]?ish)?"
    not_more = r"(?!\d|[.,:/]\d|\s*%|\s*x\b|[a-z])"
    alone = (
        r"(?=\s*(?:$|[,.;:!?)]|(?:with|and|in|for|please|or|but|then|on|of|groove|ish)\b))(?!\s*[.,:/]\d)"
        r"(?!\s+(?:in|of|and)\s+\d)"
    )
    return re.compile(
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


@cache
def _word_groups() -> dict[str, dict[str, float]]:
    return {
        squash(fold(word)): {"percent": float(one["percent"]), "place": float(one["place"])}
        for one in groups("tempo", "words")
        for word in one["words"]
    } | _joined_words()


@cache
def _joined_words() -> dict[str, dict[str, float]]:
    """Hyphenated words as one word: "midtempo"."""
    return {
        fold(word).replace("-", ""): {"percent": float(one["percent"]), "place": float(one["place"])}
        for one in groups("tempo", "words")
        for word in one["words"]
        if "-" in word
    }


@cache
def _word_pattern() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w]-){any_of(_word_groups())}(?![\s\-]+{named('tempo', 'local')})(?!-\w*motion)(?!し)")


@cache
def _change_pattern() -> re.Pattern[str]:
    kinds = "|".join(f"(?P<{kind}>{named('tempo', kind)})" for kind in ("faster", "slower", "change"))
    return re.compile(kinds)


@cache
def _pair_pattern() -> re.Pattern[str]:
    unit = r"(?:\s*(?:bpm|beats\s+per\s+minute))?"
    join = (
        r"(?:\s*(?:-|->|→|to|bis|a|hasta|ate|auf)\s*|[\s,]*(?:(?:and|then|und|et|y|e)\s+)*(?:then\s+)?"
        r"(?:(?:gradually|slowly)\s+)?(?:speeds?|slows?|goes?|going|rises?|builds?|ends?|accelerat\w+|ramps?|up|down|"
        r"increas\w+|drops?|finish\w*|gets?|moves?|climbs?)(?:\s+(?:up|down|gradually|slowly|faster|slower))*\s+"
        r"(?:to|at|by|until|with)\s+)"
    )
    return re.compile(
        rf"\s*(?:gradually\s+)?(?:from|at|von|de|da|di|a|bei|with|:)?\s*(?P<first>{_DIGITS}){unit}{join}"
        rf"(?P<second>{_DIGITS}){unit}(?!\w)"
    )
