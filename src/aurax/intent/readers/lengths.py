"""How long the song shall be: times, bars, and words such as "short"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from aurax.errors import InvalidPrompt
from aurax.intent.phrases import Found
from aurax.intent.readers.amounts import Amount, find_amounts
from aurax.intent.readers.language import any_of, groups, named, search_before
from aurax.intent.readers.moments import moment_of
from aurax.intent.readers.numbers import find_numbers
from aurax.intent.text import PromptText

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
    amounts = [amount for amount, role in _roles(text) if role == "length" and amount.unit == "s"]
    found = [(amount, amount.found(text)) for amount in sorted([*amounts, *_named(text)], key=lambda one: one.start)]
    kept = [one for one in found if one[1].value >= shortest_s]
    for _, one in kept or found:
        check_duration_s(one.value, one.quote, shortest_s)
    answers = [one.found(text) for one in _answers(text)]
    kept.sort(key=lambda one: (search_before(_total(), text.folded, one[0].start) is not None, one[0].start))
    return [one for _, one in kept] + answers


def read_length_bounds(text: PromptText) -> list[Found[LengthBound]]:
    """Limits for the length, in the prompt's order."""
    found = []
    for amount, role in _roles(text):
        if amount.unit == "s" and role != "length" and role != "refused":
            bound = LengthBound(role, amount.value)
            found.append(Found(bound, amount.start, amount.end, text.quote(amount.start, amount.end)))
    return found


def read_refused_lengths(text: PromptText) -> list[Found[float]]:
    """Lengths that are named only to be refused ("ten minutes would be too long"), in the prompt's order."""
    return [one.found(text) for one, role in _roles(text) if role == "refused" and one.unit == "s"]


def read_bars(text: PromptText) -> Found[float] | None:
    """The song's length in bars, such as "16-bar loop"; bars of its sections and moments do not count."""
    bars = [one for one, role in _roles(text) if role == "length" and one.unit == "bars"]
    return bars[0].found(text) if bars else None


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


@lru_cache(maxsize=8)
def _roles(text: PromptText) -> tuple[tuple[Amount, _Role], ...]:
    """Every time and bar count that belongs to the song as a whole, and what is said of it."""
    found: list[tuple[Amount, _Role]] = []
    for amount in find_amounts(text):
        if amount.unit == "bpm" or (amount.clock and amount.value == 0.0):
            continue
        role, moment = _role(text.folded, amount), moment_of(text, amount)
        if moment is None or (role != "length" and not moment.noun):
            found.append((amount, role))
    return tuple(found)


def _role(folded: str, amount: Amount) -> _Role:
    """What the words around a length make of it; the longest words before it decide ("no less than")."""
    starts = {
        role: match.start()
        for role, pattern in _before().items()
        if (match := search_before(pattern, folded, amount.start))
    }
    if starts:
        return min(starts, key=lambda role: starts[role])
    for role, pattern in _after().items():
        if pattern.match(folded, amount.end):
            return role
    return "length"


def _named(text: PromptText) -> list[Amount]:
    """Bare numbers after "duration=" and the like, in seconds."""
    return [
        Amount(float(match["value"]), float(match["value"]), "s", *match.span())
        for match in text.find(_named_pattern())
        if float(match["value"]) >= SHORTEST_S
    ]


def _answers(text: PromptText) -> list[Amount]:
    """Bare numbers that take their unit from a length just refused: "ten minutes would be too long; give me four"."""
    found = []
    others = find_amounts(text)
    for refused, role in _roles(text):
        if role == "length" or refused.unit != "s":
            continue
        for number in find_numbers(text.folded):
            taken = any(number.start < one.end and one.start < number.end for one in others)
            if taken or number.kind == "article" or not refused.end <= number.start < refused.end + _ANSWER_REACH:
                continue
            before, after = text.folded[refused.end : number.start], text.folded[number.end :]
            given = _give().search(before) and re.match(r"\s*(?:$|[,.;:!?)]|or so|instead|please|max)", after)
            seconds = number.value * refused.scale
            if (given or _enough().match(after)) and SHORTEST_S <= seconds <= LONGEST_S:
                found.append(Amount(seconds, seconds, "s", number.start, number.end, scale=refused.scale))
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
        (re.compile(rf"{any_of(one['words'])}(?![\s\-]+{any_of(one.get('not_before', ()))})"), float(one["seconds"]))
        for one in groups("length", "words")
    ]
