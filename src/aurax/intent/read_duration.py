"""How long the song shall be."""

from __future__ import annotations

import re

from aurax.errors import InvalidPrompt
from aurax.intent.phrases import Found
from aurax.intent.read_number import NUMBER, number
from aurax.intent.text import PromptText

SHORTEST_S = 5.0
LONGEST_S = 1200.0
"""Songs last from 5 seconds to 20 minutes."""
SHORTEST_LOOP_S = 1.0
"""Loops may be shorter: one bar is enough."""

_MINUTE = r"(?:minutes?|mins?|minuten?|minutos?|minuti|minuto|(?<=\d)m|(?<=\d\s)m)"
_SECOND = r"(?:seconds?|secs?|sekunden?|secondes?|segundos?|secondi|(?<=\d)s|(?<=\d\s)s)"
_GAP = r"[\s\-]*"
_SPOKEN = re.compile(
    rf"(?<![\w.:#/])(?:(?P<hours>{NUMBER}){_GAP}(?:hours?|hrs?|(?<=\d)h|stunden?|heures?|horas?)\b"
    rf"|(?P<low>{NUMBER})\s*(?:-|to|or)\s*(?P<high>{NUMBER}){_GAP}(?P<range_unit>{_MINUTE}|{_SECOND})(?!\w)"
    rf"|(?P<minutes>{NUMBER})(?P<half>\s+and\s+a\s+half)?{_GAP}{_MINUTE}(?!\w)(?P<late_half>\s+and\s+a\s+half)?"
    rf"(?:(?:\s+and)?{_GAP}(?P<rest>{NUMBER})(?:{_GAP}{_SECOND}(?!\w)|(?=\s*(?:$|[,.;]))))?"
    rf"|(?P<packed_minutes>\d+)m(?P<packed_seconds>\d+)s?(?!\w)"
    rf"|(?!(?:808|909|707|606|303)s)(?P<seconds>{NUMBER}){_GAP}{_SECOND}(?!\w))"
)
_CLOCK = re.compile(r"(?<![\w:.])(?P<minutes>\d{1,3}):(?P<seconds>[0-5]\d)(?![\w:])")
_DECADE = re.compile(r"(?<!\w)'?(?P<digits>\d0|(?:19|20)\d0)'?s(?!\w)")
_DECADE_FOLLOWS = re.compile(
    r"\s+(?!(?:long|in length|total|duration|in total|please|max|maximum|at|with|and|or)\b)[a-z]"
)
_NOT_THE_LENGTH = re.compile(
    r"(?:\bover|\blast|\bfirst|\bafter|\bwithin|\bevery|\bat|\bfinal|\baround the|\bevery other)\s*(?:the\s+)?$"
)
_OF_A_PART = re.compile(
    r"\s*(?:long\s+)?(?:fade|intro|outro|break|breakdown|build|riser|delay|reverb|tail|pause|silence)"
)
_PART = r"(?:intro|outro|break|breakdown|build|verse|chorus|bridge|riser|drop|hook|fill|fade)"
_BARS = re.compile(
    rf"(?<![\w.:/#])(?!(?:an?|une?|una?|um|eine[rnms]?)\s)(?P<bars>{NUMBER})[\s\-]*(?:bars?|measures?|takte?n?|taktig\w*|"
    rf"mesures?|compas(?:es)?|compassos?|battut[ae]|misure)(?!\w)(?!\s*(?:long\s+|of\s+)?{_PART})"
)
_NOT_ITS_BARS = re.compile(
    rf"(?:\b{_PART}s?(?:\s+(?:of|is|for|over|in)|\s*[:=])?|\b(?:over|last|first|after|within|every|each|at|final|before|per|in))"
    r"\s*(?:the\s+)?$"
)
"""Before a number of bars: they belong to a part of the song, or are a moment in it."""
_LENGTH_WORDS: tuple[tuple[re.Pattern[str], float], ...] = (
    (re.compile(r"(?<!\w)(?:jingle|sting|stinger|logo sound|ident)(?!\w)"), 10.0),
    (re.compile(r"(?<!\w)(?:short|kurz(?:es)?|court|corto|curto|breve)(?!\w)"
                r"(?!\s+(?:intro|outro|notes?|attacks?|reverb|breaks?|fills?|delays?))"), 45.0),
    (re.compile(r"(?<!\w)(?:full|complete|whole|ganzes)[\s\-](?:length|song|track|lied)(?!\w)"), 180.0),
    (re.compile(r"(?<!\w)(?:extended|(?:long|longer)\s+(?:version|mix|song|track|piece|form))(?!\w)"), 330.0),
)  # fmt: skip


def read_durations(text: PromptText, shortest_s: float = SHORTEST_S) -> list[Found[float]]:
    """Every length that is given in minutes and seconds, in the prompt's order.

    Args:
        text: what the readers before left.
        shortest_s: least length that can be produced.

    Raises:
        InvalidPrompt: a length is outside `shortest_s` to 20 min.
    """
    found = [
        Found(60.0 * int(match["minutes"]) + int(match["seconds"]), *match.span(), text.quote(*match.span()))
        for match in text.find(_CLOCK)
        if not _NOT_THE_LENGTH.search(text.folded[: match.start()])
    ]
    decades = {span for span, _ in read_decades(text)}
    for match in text.find(_SPOKEN):
        before, after = text.folded[: match.start()], text.folded[match.end() :]
        if any(start <= match.start() < end or match.start() <= start < match.end() for start, end in decades):
            continue
        if _NOT_THE_LENGTH.search(before) or _OF_A_PART.match(after):
            continue
        found.append(Found(_seconds(match), *match.span(), text.quote(*match.span())))
    for one in found:
        check_duration_s(one.value, one.quote, shortest_s)
    return sorted(found, key=lambda one: one.start)


def read_moments(text: PromptText) -> list[Found[float]]:
    """Points in time and lengths of parts ("at 0:20", "the last two seconds"), which are not the song's length."""
    found = []
    for pattern in (_CLOCK, _SPOKEN):
        for match in text.find(pattern):
            inside = _NOT_THE_LENGTH.search(text.folded[: match.start()]) or _OF_A_PART.match(text.folded, match.end())
            if inside and not any(match.span() == span for span, _ in read_decades(text)):
                value = 60.0 * int(match["minutes"]) + int(match["seconds"]) if pattern is _CLOCK else _seconds(match)
                found.append(Found(value, *match.span(), text.quote(*match.span())))
    return found


def read_decades(text: PromptText) -> list[tuple[tuple[int, int], str]]:
    """Places where "90s" and the like name a decade and not a length, with the decade's last two digits."""
    found = []
    for match in text.find(_DECADE):
        digits = match["digits"]
        named = text.folded[: match.start()].rstrip().endswith((" the", " early", " late", " mid")) or len(digits) == 4
        named = named or "'" in match[0]
        if named or (digits[0] in "56789" and _DECADE_FOLLOWS.match(text.folded, match.end())):
            found.append((match.span(), digits[-2:]))
    return found


def read_bars(text: PromptText) -> Found[float] | None:
    """The song's length in bars, such as "16-bar loop"; bars of its sections and moments do not count."""
    for match in text.find(_BARS):
        if not _NOT_ITS_BARS.search(text.folded[: match.start()]):
            return Found(number(match["bars"]), *match.span(), text.quote(*match.span()))
    return None


def read_length_word(text: PromptText) -> Found[float] | None:
    """A length in words such as "short" or "jingle", in seconds."""
    for pattern, seconds in _LENGTH_WORDS:
        match = pattern.search(text.folded)
        if match is not None:
            return Found(seconds, *match.span(), text.quote(*match.span()))
    return None


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


def _seconds(match: re.Match[str]) -> float:
    if match["hours"]:
        return 3600.0 * number(match["hours"])
    if match["low"]:
        middle = (number(match["low"]) + number(match["high"])) / 2.0
        return middle * (60.0 if match["range_unit"].startswith("m") else 1.0)
    if match["packed_minutes"]:
        return 60.0 * int(match["packed_minutes"]) + int(match["packed_seconds"])
    if match["minutes"]:
        minutes = number(match["minutes"]) + (0.5 if match["half"] or match["late_half"] else 0.0)
        return 60.0 * minutes + (number(match["rest"]) if match["rest"] else 0.0)
    return number(match["seconds"])
