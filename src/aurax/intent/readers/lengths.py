"""How long the song should be: times, bars, and words such as "short"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, TypeVar

from aurax.errors import InvalidPrompt
from aurax.intent.found import Found
from aurax.intent.readers.amounts import Amount, find_amounts
from aurax.intent.readers.language import any_of, groups, named, search_before
from aurax.intent.readers.moments import moment_of
from aurax.intent.readers.numbers import find_numbers
from aurax.intent.text import PromptText

T = TypeVar("T")

SHORTEST_S = 5.0
LONGEST_S = 1200.0
"""Songs last from 5 seconds to 20 minutes."""
SHORTEST_LOOP_S = 1.0
"""Loops may be shorter: one bar is enough."""

BoundKind = Literal["at most", "less than", "at least", "more than"]
_Role = Literal["length", "refused", "at most", "less than", "at least", "more than"]
_ANSWER_REACH = 80
"""Characters after a refused length in which its better is looked for."""


@dataclass(frozen=True, slots=True)
class LengthBound:
    """A limit for the length that is not the length itself ("at most 90 seconds").

    Args:
        kind: which limit.
        seconds: where it lies.
    """

    kind: BoundKind
    seconds: float

    def fit_s(self, duration_s: float) -> float:
        """The length nearest to another that keeps the limit; strict limits are kept with a tenth to spare."""
        if self.kind == "at most":
            return min(duration_s, self.seconds)
        if self.kind == "less than":
            return min(duration_s, 0.9 * self.seconds)
        return max(duration_s, self.seconds if self.kind == "at least" else 1.1 * self.seconds)


def read_lengths(text: PromptText, shortest_s: float = SHORTEST_S) -> list[Found[float]]:
    """Every length of the song that is given in minutes and seconds, the one that counts last.

    Refused lengths, limits and lengths of parts are left out, and a length under `shortest_s` beside a longer one.

    Args:
        text: what the era reader left, since "80s" alone is a decade.
        shortest_s: least length that can be produced.

    Raises:
        InvalidPrompt: a length is outside `shortest_s` to 20 min.
    """
    said = [one for one in _said(text) if one.role == "length" and one.amount.unit == "s"]
    said = sorted([*said, *_named(text)], key=lambda one: one.start)
    kept = [one for one in said if one.amount.value >= shortest_s]
    for one in kept or said:
        check_duration_s(one.amount.value, text.quote(one.start, one.end), shortest_s)
    kept.sort(key=lambda one: (search_before(_total(), text.folded, one.amount.start) is not None, one.start))
    return [_found(text, one, one.amount.value) for one in (*kept, *_answers(text))]


def read_length_bounds(text: PromptText) -> list[Found[LengthBound]]:
    """Limits for the length, in the prompt's order."""
    return [
        _found(text, one, LengthBound(one.role, one.amount.value))
        for one in _said(text)
        if one.amount.unit == "s" and one.role != "length" and one.role != "refused"
    ]


def read_refused_lengths(text: PromptText) -> list[Found[float]]:
    """Lengths that are named only to be refused ("ten minutes would be too long"), in the prompt's order."""
    return [
        _found(text, one, one.amount.value) for one in _said(text) if one.role == "refused" and one.amount.unit == "s"
    ]


def read_bars(text: PromptText) -> Found[float] | None:
    """The song's length in bars, such as "16-bar loop"; bars of its sections and moments do not count."""
    bars = [one for one in _said(text) if one.role == "length" and one.amount.unit == "bars"]
    return _found(text, bars[0], bars[0].amount.value) if bars else None


def read_length_words(text: PromptText) -> list[Found[float]]:
    """Lengths in words such as "short" or "jingle", in seconds, in the prompt's order."""
    found = []
    for pattern, seconds in _length_words():
        found += [Found(seconds, *match.span(), text.quote(*match.span())) for match in text.find(pattern)]
    return sorted(found, key=lambda one: one.start)


def check_duration_s(duration_s: float, quote: str, shortest_s: float = SHORTEST_S) -> None:
    """Refuse lengths that cannot be produced.

    Args:
        duration_s: what was asked for.
        quote: the words that ask for it; empty for an option.
        shortest_s: least length, 5 s for songs.

    Raises:
        InvalidPrompt: outside `shortest_s` to 20 min.
    """
    if not shortest_s <= duration_s <= LONGEST_S:
        raise InvalidPrompt(
            f"a length from {shortest_s:g} second{'s' if shortest_s != 1 else ''} to 20 minutes",
            f"{duration_s:g} s ({quote!r})" if quote else f"{duration_s:g} s",
            "ask for another length",
        )


@dataclass(frozen=True, slots=True)
class _Said:
    """An amount that belongs to the song as a whole, what is said of it, and where that stands, its words included."""

    amount: Amount
    role: _Role
    start: int
    end: int


def _found(text: PromptText, said: _Said, value: T) -> Found[T]:
    return Found(value, said.start, said.end, text.quote(said.start, said.end))


@lru_cache(maxsize=8)
def _said(text: PromptText) -> tuple[_Said, ...]:
    """Every time and bar count that belongs to the song as a whole, and what is said of it."""
    found: list[_Said] = []
    for amount in find_amounts(text):
        if amount.unit == "bpm" or (amount.clock and amount.value == 0.0):
            continue
        said, moment = _role(text.folded, amount), moment_of(text, amount)
        if moment is None or (said.role != "length" and not moment.noun):
            found.append(said)
    return tuple(found)


def _role(folded: str, amount: Amount) -> _Said:
    """What the words around a length make of it; the longest words before it decide ("no less than")."""
    starts = {
        role: match.start()
        for role, pattern in _before().items()
        if (match := search_before(pattern, folded, amount.start))
    }
    if starts:
        role = min(starts, key=lambda one: starts[one])
        return _Said(amount, role, starts[role], amount.end)
    for role, pattern in _after().items():
        match = pattern.match(folded, amount.end)
        if match is not None:
            return _Said(amount, role, amount.start, match.end())
    before, after = search_before(_label(), folded, amount.start), _noun().match(folded, amount.end)
    return _Said(amount, "length", before.start() if before else amount.start, after.end() if after else amount.end)


def _named(text: PromptText) -> list[_Said]:
    """Bare numbers after "duration=" and the like, in seconds."""
    found = []
    for match in text.find(_named_pattern()):
        seconds = float(match["value"])
        if seconds >= SHORTEST_S:
            found.append(_Said(Amount(seconds, seconds, "s", *match.span()), "length", *match.span()))
    return found


def _answers(text: PromptText) -> list[_Said]:
    """Bare numbers that take their unit from a length just refused: "ten minutes would be too long; give me four"."""
    found = []
    others = find_amounts(text)
    for said in _said(text):
        refused = said.amount
        if said.role == "length" or refused.unit != "s":
            continue
        for number in find_numbers(text.folded):
            taken = any(number.start < one.end and one.start < number.end for one in others)
            if taken or number.kind == "article" or not refused.end <= number.start < refused.end + _ANSWER_REACH:
                continue
            before, after = text.folded[refused.end : number.start], text.folded[number.end :]
            given = _give().search(before) and re.match(r"\s*(?:$|[,.;:!?)]|or so|instead|please|max)", after)
            seconds = number.value * refused.scale
            if (given or _enough().match(after)) and SHORTEST_S <= seconds <= LONGEST_S:
                answer = Amount(seconds, seconds, "s", number.start, number.end, scale=refused.scale)
                found.append(_Said(answer, "length", number.start, number.end))
                break
    return found


@cache
def _before() -> dict[_Role, re.Pattern[str]]:
    lead = r"(?:\s+(?:a|the|full|whole|of|about|than|eine|einen|les|los|as|i))?\s*:?\s*(?:~\s*)?$"
    keys: dict[_Role, str] = {
        "at most": "at_most", "less than": "less_than", "at least": "at_least", "more than": "more_than",
        "refused": "refused_before",
    }  # fmt: skip
    patterns = {role: re.compile(named("length", key) + lead) for role, key in keys.items()}
    over = r"(?:^|[,;:(]\s*|\b(?:is|be|just|well|slightly|a bit|lasts|lasting|little)\s+)over"
    patterns["more than"] = re.compile(f"(?:{patterns['more than'].pattern})|{over}\\s+$")
    return patterns


@cache
def _after() -> dict[_Role, re.Pattern[str]]:
    return {
        "refused": re.compile(rf"(?:\s+long)?[\s,]*{named('length', 'refused_after')}"),
        "at most": re.compile(rf"(?:\s+long)?\s*{named('length', 'bound_after')}"),
        "less than": re.compile(named("length", "less_than_after")),
        "at least": re.compile(rf"(?:\s+long)?\s*{named('length', 'bound_after_least')}"),
    }


@cache
def _total() -> re.Pattern[str]:
    return re.compile(rf"{named('length', 'total')}[\s:=]*(?:of|is|ist|de)?\s*$")


@cache
def _label() -> re.Pattern[str]:
    return re.compile(rf"(?:{named('length', 'fields')}|{named('length', 'total')})[\s:=]*(?:of|is|de|von|di)?\s*$")


@cache
def _noun() -> re.Pattern[str]:
    return re.compile(rf"[\s\-]*{named('length', 'nouns')}")


@cache
def _named_pattern() -> re.Pattern[str]:
    unit = r"(?!\s*(?:[.,:]?\d|[a-z%'′\"\u3040-\u9fff]))"
    return re.compile(rf"{named('length', 'fields')}\s*[:=]\s*(?P<value>\d{{1,4}}(?:\.\d+)?){unit}")


@cache
def _give() -> re.Pattern[str]:
    return re.compile(rf"{named('length', 'give')}[\s:]*(?:it\s+|a\s+|me\s+|maybe\s+|about\s+|around\s+|just\s+)*$")


@cache
def _enough() -> re.Pattern[str]:
    return re.compile(rf"\s*{named('length', 'enough')}")


@cache
def _length_words() -> list[tuple[re.Pattern[str], float]]:
    return [
        (
            re.compile(
                rf"{any_of(one['words'])}(?![\s\-]+(?:(?!with|and|for)[\w\-]+\s+)?{any_of(one.get('not_before', ()))})"
            ),
            float(one["seconds"]),
        )
        for one in groups("length", "words")
    ]
