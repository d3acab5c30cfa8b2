"""Refusal, degree and "only": what stands beside a word turns it around, weakens it, or excludes all others."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from aurax.intent.readers.language import CJK, any_of, degrees, phrases, search_before

_CJK_WORD = re.compile(CJK)


def refusal_before(folded: str, floor: int, start: int) -> Literal["listing", "plain"] | None:
    """Whether the words before a place refuse it.

    Args:
        folded: the folded prompt.
        floor: where the search ends on the left, such as the end of the previous instrument.
        start: the place.

    Returns:
        `"listing"` for words such as "without" whose commas go on refusing, `"plain"` for "no" and the like, or None.
    """
    match = search_before(_refusals(), folded, start, floor)
    if match is None or _is_harmless(folded, match):
        return None
    return "listing" if match["listing"] or match["cjk_listing"] else "plain"


def refusal_after(folded: str, end: int) -> int | None:
    """Where the words end that refuse what ends at a place, if there are any: "drums: none", "ドラムなし", "-free"."""
    match = _refusals_after().match(folded, end)
    return None if match is None else match.end()


def only_before(folded: str, start: int) -> int | None:
    """Where the words start that exclude everything but what starts at a place ("just", "nur", "只有"), if any."""
    match = search_before(_only_before(), folded, start)
    return None if match is None else match.start()


def only_after(folded: str, end: int) -> int | None:
    """Where the words end that exclude everything but what ends at a place ("alone", "だけ"), if any."""
    match = _only_after().match(folded, end)
    return None if match is None else match.end()


def degree_before(folded: str, start: int) -> tuple[float, int]:
    """How strongly an adjective is meant, by the words right before it.

    Returns:
        Factor (1 plain, 1.5 "very", 0.5 "a bit", −0.5 "not too", −1 "less") and where the words for it start.
    """
    place = len(folded[:start].rstrip("-"))
    best: tuple[int, float] | None = None
    for pattern, factor in _degrees():
        match = search_before(pattern, folded, place)
        if match is not None and (best is None or match.start() < best[0]):
            best = (match.start(), factor)
    return (1.0, start) if best is None else (best[1], best[0])


def _is_harmless(folded: str, refusal: re.Match[str]) -> bool:
    """Whether a refusing word is part of a phrase that refuses nothing, such as "no more than" and "if not"."""
    around = _harmless().finditer(folded, max(0, refusal.start() - 20), refusal.end() + 20)
    return any(one.start() <= refusal.start() < one.end() for one in around)


@cache
def _harmless() -> re.Pattern[str]:
    return re.compile(any_of(phrases("negation", "not_refusing")))


@cache
def _refusals() -> re.Pattern[str]:
    listing, cjk_listing = _by_script(phrases("negation", "listing"))
    plain, cjk_plain = _by_script(phrases("negation", "plain"))
    breakers = any_of(phrases("negation", "breakers"), left=False)
    return re.compile(
        rf"(?:(?P<listing>{any_of(listing, right=False)})|(?P<plain>{any_of(plain, right=False)}))"
        rf"(?!\w)(?:\s+(?!{breakers})[\w'\-/]+){{0,3}}[\s\-]*$"
        rf"|(?:(?P<cjk_listing>{any_of(cjk_listing)})|(?P<cjk_plain>{any_of(cjk_plain)}))(?:任何|一点|太多|有|是)?[\s·・]*$"
    )


@cache
def _refusals_after() -> re.Pattern[str]:
    spaced, cjk = _by_script(phrases("negation", "after"))
    colon = any_of(phrases("negation", "after_needs_colon"))
    safe = any_of(word for word in spaced if word not in (*phrases("negation", "after_needs_colon"), "free", "less"))
    suffixes = any_of(phrases("negation", "suffixes"), left=False)
    return re.compile(
        rf"s?(?:\s*[:=(\-]\s*{colon}(?=\s*(?:$|[,;:!|/)]|\.(?!\d)))|\s+(?:none|off|{safe})(?=\s*(?:$|[,.;:!|)]))"
        rf"|-{suffixes}|(?:less|free|los|lose|loser|loses)(?!\w)|\s+free(?!\w)(?!\s+\w)"
        rf"|[\s、]*{any_of(cjk)})"
    )


@cache
def _only_before() -> re.Pattern[str]:
    spaced, cjk = _by_script(phrases("only", "before"))
    return re.compile(
        rf"(?:(?<!not ){any_of(spaced)}\s+(?:(?:a|an|the|one|ein|eine|un|une|una|le|la|el|um|uma|il|lo)\s+)?"
        rf"(?:[\w\-]+\s+){{0,2}}|{any_of(cjk)}\s*)$"
    )


@cache
def _only_after() -> re.Pattern[str]:
    spaced, cjk = _by_script(phrases("only", "after"))
    return re.compile(rf"(?:\s*,?\s*{any_of(spaced)}|\s*{any_of(cjk)})")


@cache
def _degrees() -> list[tuple[re.Pattern[str], float]]:
    found = []
    for group in degrees():
        spaced, cjk = _by_script(tuple(group["words"]))
        found.append((re.compile(rf"(?:{any_of(spaced)}\s*|{any_of(cjk)}\s*)$"), float(group["factor"])))
    return found


def _by_script(words: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Words of scripts with spaces, and of scripts without."""
    return [one for one in words if not _CJK_WORD.search(one)], [one for one in words if _CJK_WORD.search(one)]
