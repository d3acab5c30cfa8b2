"""Decades and years: when the music should seem to come from.

"80s" alone is a decade, "20s" alone is a length: decades from the fifties on are named without help, earlier ones only
with words that make them a time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from aurax.intent.found import Found
from aurax.intent.readers.amounts import find_amounts
from aurax.intent.readers.language import CJK, LEFT, RIGHT, any_of, named, phrases, search_before, squash, table
from aurax.intent.text import PromptText

Part = Literal["", "early", "mid", "late"]

_OLD_MUSIC = (
    r"jazz|swing|big\s?band|blues|ragtime|charleston|flapper|dixieland|hot\s|gramophone|radio|crooner|hollywood|musical|"
    r"film\s?noir|noir|cabaret|gypsy|delta|speakeasy|style|era|vibe|feel|sound|aesthetic|vintage|retro|boogie|bebop|"
    r"dance\s?hall|ballroom|tango|cartoon|show\s?tune|chanson|schlager|orchestra|gangster|berlin|paris|harlem|"
    r"new\s?orleans|country|gospel|musi[ck]|-"
)
"""After "20s" to "40s": what makes them decades."""
_LENGTH_AFTER = (
    r"\s*(?:long|in\s+length|total|in\s+total|duration|max|maximum|length|clip|of\s+(?:music|silence|audio)|loop|jingle|"
    r"ident|sting|version|at\s+most|minimum|or\s+(?:so|less|more))(?!\w)"
)
_LENGTH_BEFORE = re.compile(
    r"(?:(?<!\w)(?:length|duration|runtime|time|total|lasting|lasts?|exactly|about|around|circa|approx\.?|roughly|for|"
    r"(?:song|track|loop|piece|clip|beat|bed|cue|jingle|intro|outro|version|length|duration|mix)\s+of|"
    r"at\s+(?:most|least)|than|max\.?|min\.?|up\s+to|under|over|first|last|after|fade\s+(?:in|out)|every)\s*[:=]?|[~=≈])\s*$"
)

_SOMEONES = re.compile(r"(?<!\w)(?:my|your|his|her|our|their)\s+(?:early\s+|mid\s+|late\s+)?$")
"""Before "thirties": an age, not a decade."""
_SECONDS_FROM = re.compile(r"(?<!\d)[1-4]?\d\s*(?:-|to)\s*$")
"""Before "60s": "30-60s" is a range of seconds."""


@dataclass(frozen=True, slots=True)
class Era:
    """A decade.

    Args:
        decade: such as `"1980s"`.
        year: the year that was named, if one was.
        part: which part of the decade, if that was said.
    """

    decade: str
    year: int | None = None
    part: Part = ""


def read_eras(text: PromptText) -> list[Found[Era]]:
    """Every decade and year, in the prompt's order."""
    found: list[Found[Era]] = []
    counted = {one.start for one in find_amounts(text) if not one.symbol}
    for pattern in _patterns():
        for match in text.find(pattern):
            era = _era(text.folded, match)
            if match.start() in counted and "year" in match.groupdict():
                continue
            if era is not None and not any(match.start() < one.end and one.start < match.end() for one in found):
                found.append(Found(era, *match.span(), text.quote(*match.span())))
    return sorted(found, key=lambda one: one.start)


def _era(folded: str, match: re.Match[str]) -> Era | None:
    groups = match.groupdict()
    part = _part(groups["part"]) or _part(groups.get("late_part"))
    if groups.get("name"):
        if search_before(_SOMEONES, folded, match.start()):
            return None
        names = {squash(word): int(year) for word, year in table("era", "names").items()}
        return Era(f"{names[squash(match['name'])]}s", part=part)
    if groups.get("year"):
        digits = match["year"].lstrip("'")
        year = int(digits) + (0 if len(digits) == 4 else 2000 if int(digits) < 30 else 1900)
        return Era(f"{year // 10 * 10}s", year, part)
    digits = groups.get("told") or match["decade"]
    sure = groups.get("told") or groups.get("mark") or (part and not re.match(r"\s*bpm", folded[match.end() :]))
    if not sure and not _is_decade(folded, match, digits):
        return None
    first = int(digits) if len(digits) == 4 else int(digits) + (2000 if int(digits) < 20 else 1900)
    return Era(f"{first}s", part=part) if 1900 <= first <= 2020 else None


def _is_decade(folded: str, match: re.Match[str], digits: str) -> bool:
    """Whether two digits and an s are a decade and not seconds."""
    if len(digits) == 4 or digits == "00":
        return True
    after = folded[match.end() :]
    if re.match(r"\s*bpm", after):
        return False
    if search_before(re.compile(named("era", "named_by") + r"\s+$"), folded, match.start()):
        return True
    if re.match(_LENGTH_AFTER, after) or search_before(_LENGTH_BEFORE, folded, match.start()):
        return False
    if search_before(_SECONDS_FROM, folded, match.start()):
        return False
    if digits[0] in "56789":
        return True
    return digits[0] in "234" and re.match(rf"[\s\-]*(?:{_OLD_MUSIC})", after) is not None


def _part(words: str | None) -> Part:
    if not words:
        return ""
    part: Part = table("era", "parts")[squash(words)]
    return part


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    """Names, decades told by the word before or after them, decades with an s, and years."""
    part = rf"(?:(?P<part>{any_of(table('era', 'parts'))})[\s\-]*)?"
    late = rf"(?P<late_part>{any_of(word for word in table('era', 'parts') if re.match(CJK, word))})?"
    after = any_of((word for word in phrases("era", "after") if word not in ("s", "'s")), left=False)
    free = rf"(?<![\d.:/#@$€£x×]){LEFT}"
    unit = r"(?!\s*(?:hz|khz|k\b|people|x\s*\d|px|watt|w\b|euro|dollars?|mb|kb|ms\b|%))"
    return tuple(
        re.compile(part + pattern)
        for pattern in (
            rf"(?P<name>{any_of(table('era', 'names'))})(?:er{RIGHT})?",
            rf"{named('era', 'before')}\s*'?(?P<told>(?:19|20)?\d0)(?:er)?{RIGHT}",
            rf"{free}(?P<told>(?:19|20)?\d0)['\s\-]*{after}{late}",
            rf"(?<![\d.:#@$€£]){LEFT}(?P<mark>')?(?P<decade>(?:19|20)?\d0)(?:'s|s)(?!\w)'?",
            rf"{free}(?<![a-z]-)(?<!\bthe )(?P<year>19[0-9]\d|20[0-2]\d|'\d\d(?!'))(?![\d.:/]\d|[a-z]){unit}{RIGHT}",
        )
    )
