"""Times and bar counts that belong to something beside them, and not to the song as a whole.

"fade in 3 seconds", "drop at 0:45", "intro 4 bars" and "the last two seconds" say nothing of the song's length.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from aurax.intent.found import Found
from aurax.intent.readers.amounts import Amount, Unit, find_amounts
from aurax.intent.readers.language import any_of, named, phrases, search_before
from aurax.intent.readers.negation import refusal_before
from aurax.intent.text import PromptText

Place = Literal["length", "at", "edge", "every"]
_SECTIONS = ("intro", "verse", "build", "chorus", "bridge", "break", "outro", "solo")
_FADES = ("fade in", "fade out", "fade")
_PARTS = (*_FADES, *_SECTIONS, "silence", "effect", "phrase")
_TRAILING = frozenset({*_FADES, "build", "outro", "effect", "silence", "break"})
"""Parts that may follow a song's length as a wish of their own ("2 minutes fading out")."""
_LONGEST_FADE_S = 15.0
_SONG_S = 60.0
"""So long a time beside a part without a joining word is the song's."""
_LASTS = re.compile(
    r"(?<!\w)(?:(?:should|must|shall|will|can|would|could|has|have|to)\s+last(?:\s+for)?|"
    r"(?:ends?|stops?|finish(?:es)?|is over|done)\s+(?:after|at))(?:\s+(?:about|exactly|around|roughly))?\s+$"
)
"""Before a length: words that look like those of a moment and are not."""
_AT_AN_EDGE = re.compile(
    r"start|begin|open|end|finish|clos|last|final|first|letzt|erst|dern|prem|ultim|prim|最|头|ラスト"
)
_RECURRING = re.compile(r"every|each|per|alle|jede|cada|ogni|chaque|tou|每|毎")
_EDGE = r"(?<!\w)(?:start|begin|open|end|finish|close)(?:s|ing)?\s+(?:with|on)\s+"
_UNTIL = re.compile(r"\d:[0-5]\d\s*(?:-|to|until|till|bis|a)\s*$")
_FOR_A_SHOW = re.compile(
    r"\s+(?:music|jingle|song|track|theme|sting|tune|piece|bed|beat|clip|loop|for|to\s+(?:my|our|a))\b"
)
"""After "30-second intro": the intro is what is asked for, not a part of it."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in the song, or the length of a part of it.

    Args:
        noun: what it belongs to: a section (`intro`, `chorus` …), `fade in`, `fade out`, `fade`, `silence`, `effect`,
            `phrase`; empty where nothing is named.
        amount: how much.
        unit: seconds or bars.
        place: whether the part lasts so long, comes at that point, is the song's first or last so much, or recurs.
    """

    noun: str
    amount: float
    unit: Unit
    place: Place

    @property
    def is_section(self) -> bool:
        """Whether this is the length of a section of the form."""
        return self.noun in _SECTIONS and self.place == "length"


def read_moments(text: PromptText) -> list[Found[Moment]]:
    """Every moment and length of a part, in the prompt's order."""
    found = []
    for one in find_amounts(text):
        moment = None if one.unit == "bpm" else moment_of(text, one)
        if moment is not None:
            found.append(Found(moment, one.start, one.end, text.quote(one.start, one.end)))
    return found


def bars_of_sections(moments: Sequence[Found[Moment]]) -> Found[int] | None:
    """The song's bars where its sections' bars are given one by one, its ending or at least three among them."""
    sections = [one for one in moments if one.value.is_section and one.value.unit == "bars"]
    whole = [one for one in sections if one.value.amount == int(one.value.amount)]
    if len(whole) < 2 or not (len(whole) > 2 or whole[-1].value.noun == "outro"):
        return None
    quote = ", ".join(one.quote for one in whole)
    return Found(sum(int(one.value.amount) for one in whole), whole[0].start, whole[-1].end, quote)


def moment_of(text: PromptText, amount: Amount) -> Moment | None:
    """What a time or bar count belongs to; None where it is free to be the song's length."""
    after = text.folded[amount.end :]
    if search_before(_LASTS, text.folded, amount.start):
        return None
    if amount.unit == "bars" and amount.value == 12 and not amount.plural and "blues" in text.folded:
        return Moment("phrase", 12.0, "bars", "length")
    return _by_what_follows(text, amount, after) or _by_what_precedes(text, amount)


def _by_what_follows(text: PromptText, amount: Amount, after: str) -> Moment | None:
    if _silence().match(after):
        return Moment("silence", amount.value, amount.unit, "length")
    if amount.unit == "bars" and _not_a_length().match(after):
        return Moment("phrase", amount.value, "bars", "length")
    if _later().match(after):
        return Moment("", amount.value, amount.unit, "at")
    match = _part_after(amount.plural).match(after)
    if match is None:
        return None
    noun = _noun(match)
    joined = match["joiner"] is not None
    if noun == "phrase" and amount.unit != "bars":
        return None
    if amount.unit == "s" and not amount.clock:
        if noun in ("intro", "outro") and _FOR_A_SHOW.match(after, match.end()):
            return None
        trails = noun in _TRAILING
        long = amount.value > _LONGEST_FADE_S if trails else amount.value >= _SONG_S
        one_of_it = trails and amount.value == amount.scale and "-" not in text.folded[amount.start : amount.end]
        if (amount.plural or one_of_it) and not joined and long:
            return None
    if amount.clock and noun in _TRAILING - {"break", "build"} and amount.value >= _SONG_S:
        return None
    return Moment(noun, amount.value, amount.unit, "at" if amount.clock else "length")


def _by_what_precedes(text: PromptText, amount: Amount) -> Moment | None:
    match = search_before(_part_before(), text.folded, amount.start)
    if match is not None and refusal_before(text.folded, 0, match.start()) is None:
        noun, link = _noun(match), match["links"].strip()
        at = amount.clock or re.search(r"\b(?:at|after|from|comes|starts|hits)\b", link) is not None
        fits = noun != "phrase" or amount.unit == "bars"
        if fits and (link or amount.clock or amount.unit == "bars" or amount.value < _SONG_S):
            return Moment(noun, amount.value, amount.unit, "at" if at else "length")
    match = search_before(_before(), text.folded, amount.start)
    if match is not None:
        edge, every = _AT_AN_EDGE.search(match[0]), _RECURRING.search(match[0])
        return Moment("", amount.value, amount.unit, "edge" if edge else "every" if every else "at")
    if amount.unit == "bars" and search_before(_before_bars(), text.folded, amount.start):
        return Moment("", amount.value, "bars", "at")
    if amount.unit == "s" and search_before(_over(), text.folded, amount.start) and amount.value < _SONG_S:
        return Moment("", amount.value, "s", "length")
    if amount.clock and search_before(_UNTIL, text.folded, amount.start):
        return Moment("", amount.value, "s", "at")
    return None


def _noun(match: re.Match[str]) -> str:
    """The part whose group matched."""
    return next(name for name in _PARTS if match[name.replace(" ", "_")])


@cache
def _parts(right: bool = True) -> str:
    return "|".join(rf"(?P<{name.replace(' ', '_')}>{named('parts', name, right=right)})" for name in _PARTS)


@cache
def _part_before() -> re.Pattern[str]:
    limits = (word for key in ("at_most", "less_than", "at_least", "more_than") for word in phrases("length", key))
    links = any_of([*phrases("moments", "links"), *limits], right=False)
    return re.compile(
        rf"(?:{_parts()})(?P<links>(?:\s*[:=(]|\s+-(?=\s)|\s*{links}(?!\w))*)\s*(?:the\s+|der\s+)?(?:~|≈)?\s*$"
    )


@cache
def _part_after(plural: bool) -> re.Pattern[str]:
    words = r"(?:(?!(?:and|with|or|for|at|then|plus|und|no|of)\b)[^\W\d][\w'\-]*\s+)"
    joiner = r"(?P<joiner>[\s\-]*(?:long|lang)(?!\w)|\s*(?:of|de|von|di|の|的)\s*(?:the\s+)?)?"
    between = rf"{words}{{0,1}}?" if plural else rf"{words}{{0,2}}?"
    if plural:
        between = rf"(?(joiner){words}{{0,1}}?)"
    solo = r"(?!\s+(?:and\s+)?[^\W\d])"
    not_these = (
        r"(?!\s*beats?\b)(?!\s+with\b|\s+on\b|\s+(?:number|theme|credits|scene)\b)"
        r"(?<!break)(?<!building)|(?<=break)(?!\s*-?beats?\b)"
    )
    return re.compile(rf"{joiner}[\s\-]*{between}(?:{_parts()})(?:(?(solo){solo}|(?:{not_these})))")


@cache
def _silence() -> re.Pattern[str]:
    return re.compile(rf"\s*{named('moments', 'silence_after')}")


@cache
def _not_a_length() -> re.Pattern[str]:
    return re.compile(rf"[\s\-]*{named('parts', 'not_a_length')}")


@cache
def _later() -> re.Pattern[str]:
    words = [word for word in phrases("moments", "after") if word != "in"]
    return re.compile(rf"\s*(?:{'|'.join(map(_edged, words))}|in(?=\s*(?:$|[,.;)])))")


def _edged(word: str) -> str:
    return re.escape(word) + (r"(?!\w)" if word.isascii() else "")


@cache
def _before() -> re.Pattern[str]:
    words = [word for word in phrases("moments", "before") if word not in ("to", "by")]
    joined = "|".join((r"(?<!\w)" if word.isascii() else "") + re.escape(word) for word in words)
    return re.compile(rf"(?:(?:{joined})(?:\s+(?:the|about|around|den|ca\.?))?\s*|(?<!\w)@\s*|{_EDGE})$")


@cache
def _before_bars() -> re.Pattern[str]:
    return re.compile(rf"{named('moments', 'before_bars')}\s+(?:the\s+)?$")


@cache
def _over() -> re.Pattern[str]:
    return re.compile(rf"{named('moments', 'over')}\s+(?:the\s+)?$")
