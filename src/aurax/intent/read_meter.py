"""Meter and loudness: numbers with a fixed form."""

from __future__ import annotations

import re

from aurax.errors import InvalidPrompt
from aurax.intent.phrases import Found
from aurax.intent.text import PromptText
from aurax.score.time import Meter

_METER = re.compile(r"(?<![\w/.])(?P<numerator>\d{1,3})/(?P<denominator>\d{1,3})(?![\w/])(?!\s*(?:notes?|roll|swing))")
_CALLED = re.compile(r"\s*(?:time|meter|metre|time signature|takt|feel|groove|beat)")
_WORDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"(?<!\w)(?:waltz(?:es)?|walzer|valse|vals|valzer|valsa|three-four|in three|triple meter)(?!\w)"),
        "3/4",
    ),
    (re.compile(r"(?<!\w)(?:common time|four-four|in four)(?!\w)"), "4/4"),
    (re.compile(r"(?<!\w)(?:six-eight|jig)(?!\w)"), "6/8"),
    (re.compile(r"(?<!\w)(?:five-four|in five)(?!\w)"), "5/4"),
    (re.compile(r"(?<!\w)(?:seven-eight|in seven)(?!\w)"), "7/8"),
)
_LUFS = re.compile(r"(?<![\w.])(?P<sign>-|minus\s+)?\s*(?P<value>\d{1,3}(?:[.,]\d+)?)\s*(?:lufs|lkfs)(?!\w)")

QUIETEST_LUFS = -30.0
LOUDEST_LUFS = -6.0


def read_meters(text: PromptText) -> list[Found[Meter]]:
    """Every time signature, in the prompt's order.

    Raises:
        InvalidPrompt: something is called a meter that is none, such as "in 4/5 time".
    """
    found = []
    for match in text.find(_METER):
        quote = text.quote(*match.span())
        numerator, denominator = int(match["numerator"]), int(match["denominator"])
        if 2 <= numerator <= 16 and denominator in (2, 4, 8, 16) and (numerator, denominator) != (2, 16):
            meter = Meter(numerator=numerator, denominator=denominator)
            found.append(Found(meter, *match.span(), quote))
        elif _CALLED.match(text.folded, match.end()) or re.search(r"(?<!\w)in\s+$", text.folded[: match.start()]):
            raise InvalidPrompt(
                "a meter of 2 to 16 beats over 2, 4, 8 or 16", repr(quote), "write it like 4/4, 3/4, 6/8 or 7/8"
            )
    for pattern, name in _WORDS:
        found += [Found(Meter.parse(name), *match.span(), text.quote(*match.span())) for match in text.find(pattern)]
    return sorted(found, key=lambda one: one.start)


def read_loudness(text: PromptText) -> Found[float] | None:
    """An integrated loudness that is asked for as a number.

    Raises:
        InvalidPrompt: it is outside −30 to −6 LUFS.
    """
    match = _LUFS.search(text.folded)
    if match is None:
        return None
    lufs = -float(match["value"].replace(",", "."))
    quote = text.quote(*match.span())
    if not QUIETEST_LUFS <= lufs <= LOUDEST_LUFS:
        raise InvalidPrompt(
            f"a loudness from {QUIETEST_LUFS:g} to {LOUDEST_LUFS:g} LUFS",
            f"{lufs:g} LUFS ({quote!r})",
            "ask for another loudness, such as -14 LUFS",
        )
    return Found(lufs, *match.span(), quote)
