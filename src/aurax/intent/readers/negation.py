"""Refusal, degree and "only": what stands beside a word turns it around, weakens it, or excludes all others."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from aurax.intent.english import english_words
from aurax.intent.readers.language import CJK, any_of, degrees, named, phrases, search_before

_CJK_WORD = re.compile(CJK)


Refusal = Literal["heading", "listing", "plain"]


def refusal_before(folded: str, floor: int, start: int) -> Refusal | None:
    """Whether the words before a place refuse it.

    Args:
        folded: the folded prompt.
        floor: where the search ends on the left, such as the end of the previous instrument.
        start: the place.

    Returns:
        `"heading"` for "avoid:" and the like, which refuses all that is listed after it, `"listing"` for words such as
        "without" whose commas go on refusing, `"plain"` for "no" and the like, or None.
    """
    match = search_before(_refusals(), folded, start, floor)
    if match is None or _is_harmless(folded, match) or _is_english(folded, match, start):
        return None
    if match["heading"]:
        return "heading"
    return "listing" if match["listing"] or match["cjk_listing"] else "plain"


def refusal_after(folded: str, end: int) -> int | None:
    """Where the words end that refuse what ends at a place, if there are any: "drums: none", "ドラムなし", "-free"."""
    match = _refusals_after().match(folded, end)
    return None if match is None else match.end()


def only_before(folded: str, start: int) -> int | None:
    """Where the words start that exclude everything but what starts at a place ("just", "nur", "只有"), if any."""
    match = search_before(_only_before(), folded, start)
    if match is None or (match["also_english"] and _has_english(match[0])):
        return None
    return match.start()


def only_after(folded: str, end: int) -> int | None:
    """Where the words end that exclude everything but what ends at a place ("alone", "だけ"), if any."""
    match = _only_after().match(folded, end)
    return None if match is None else match.end()


def said_to_be_all(folded: str) -> list[tuple[int, int]]:
    """Where it is said anywhere that nothing plays but what is named ("no other instruments", "format: solo")."""
    return [match.span() for match in _all_there_is().finditer(folded)]


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
    """Whether a refusing word refuses nothing, as in "no more than", "if not", "no vocals except a short shout"."""
    if _excepting().match(folded, refusal.start()) and _none_before().search(folded, 0, refusal.start()):
        return True
    around = _harmless().finditer(folded, max(0, refusal.start() - 20), refusal.end() + 20)
    return any(one.start() <= refusal.start() < one.end() for one in around)


def _is_english(folded: str, refusal: re.Match[str], start: int) -> bool:
    """Whether a refusing word of another language is an English word here: "sin city drums", "mai tai ukulele"."""
    word = refusal["listing"] or refusal["plain"]
    between = folded[refusal.start() + len(word or "") : start]
    return word in phrases("negation", "also_english") and _has_english(between)


def _has_english(words: str) -> bool:
    """Whether there is an English word among some; very short ones are words of many languages."""
    return any(one in english_words() for one in re.findall(r"[a-z]{3,}", words))


@cache
def _harmless() -> re.Pattern[str]:
    return re.compile(any_of(phrases("negation", "not_refusing")))


@cache
def _excepting() -> re.Pattern[str]:
    return re.compile(named("negation", "excepting"))


@cache
def _none_before() -> re.Pattern[str]:
    """What makes an exception stay: a refusal, or all others going, earlier in the clause."""
    refusing = any_of([*phrases("negation", "listing"), *phrases("negation", "plain"), *phrases("negation", "gone")])
    every = rf"(?:^|[.,;:!?]|\b(?:then|until|where|and)\b)\s*{named('negation', 'all')}\s*$"
    return re.compile(rf"{refusing}[^.;:!?]*$|{every}")


@cache
def _refusals() -> re.Pattern[str]:
    listing, cjk_listing = _by_script(phrases("negation", "listing"))
    plain, cjk_plain = _by_script(phrases("negation", "plain"))
    breakers = any_of(phrases("negation", "breakers"), left=False)
    return re.compile(
        rf"(?:(?P<heading>{named('negation', 'headings')}\s*:)|(?P<listing>{any_of(listing, right=False)})"
        rf"|(?P<plain>{any_of(plain, right=False)}))"
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
    english = any_of(phrases("only", "also_english"))
    return re.compile(
        rf"(?:(?<!not )(?:(?P<also_english>{english})|{any_of(spaced)})"
        rf"\s+(?:(?:a|an|the|one|ein|eine|un|une|una|le|la|el|um|uma|il|lo)\s+)?(?:[\w\-]+\s+){{0,2}}"
        rf"|{any_of(cjk)}\s*)$"
    )


@cache
def _only_after() -> re.Pattern[str]:
    spaced, cjk = _by_script(phrases("only", "after"))
    return re.compile(rf"(?:\s*,?\s*{any_of(spaced)}|\s*{any_of(cjk)})")


@cache
def _all_there_is() -> re.Pattern[str]:
    return re.compile(named("only", "anywhere"))


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
