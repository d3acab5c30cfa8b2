"""Negation and degree: what stands before a word turns it around, weakens it or strengthens it."""

from __future__ import annotations

import re

_LISTING = (
    r"without|minus|sans|ohne|sin|senza|sem|avoid(?:ing)?|skip(?:ping)?|leave out|omit(?:ting)?|except(?: for)?"
    r"|excluding"
)
_PLAIN = (
    r"no|not|never|non|nor|neither|nothing|kein|keine|keinen|nicht|pas de|pas d'|zero|don'?t (?:want|use|need|like)"
    r"|do not (?:want|use|need)|remove|drop the|lose the|hold the|free of|isn'?t|aren'?t|doesn'?t need"
)
_BREAKERS = r"but|with|just|only|and|or|plus|then|instead|yet|aber|mit|nur|mais|avec|pero|con|ma|so|because|at|in"
_NEGATOR = re.compile(
    rf"(?<!\w)(?:(?P<listing>{_LISTING})|(?P<plain>{_PLAIN}))(?:\s+(?!(?:{_BREAKERS})\b)[\w'\-]+){{0,3}}[\s\-]*$"
)
_DEGREES: tuple[tuple[re.Pattern[str], float], ...] = tuple(
    (re.compile(rf"(?<!\w)(?:{words})\s*$"), factor)
    for words, factor in (
        (
            r"(?:not|nothing|isn'?t|never|nicht|pas|no|non)\s+"
            r"(?:too|so|very|overly|that|all that|zu|trop|demasiado|troppo)(?:\s+much)?",
            -0.5,
        ),
        (r"less|weniger|moins|menos|meno", -1.0),
        (r"not|nothing|never|isn'?t|non|nicht|pas|no|without|sans|ohne|sin|kein|keine", -0.5),
        (
            r"a bit|a little|a little bit|slightly|somewhat|a touch(?: of)?|kind of|kinda|sort of|fairly|"
            r"etwas|ein bisschen|ein wenig|un peu|un poco|um pouco|un po'?",
            0.5,
        ),
        (
            r"very|super|really|extremely|ultra|so|incredibly|insanely|sehr|tres|muy|molto|muito|totally|deeply",
            1.5,
        ),
    )
)


def refusal_before(folded: str, floor: int, start: int) -> str | None:
    """Whether the words before a place refuse it.

    Args:
        folded: the folded prompt.
        floor: where the search ends on the left, such as the end of the previous instrument.
        start: the place.

    Returns:
        `"listing"` for words such as "without" whose commas go on refusing, `"plain"` for "no" and the like, or None.
    """
    match = _NEGATOR.search(folded[floor:start])
    if match is None:
        return None
    return "listing" if match["listing"] else "plain"


def degree_before(folded: str, start: int) -> tuple[float, int]:
    """How strongly an adjective is meant, by the words right before it.

    Returns:
        Factor (1 plain, 1.5 "very", 0.5 "a bit", −0.5 "not too", −1 "less") and where the words for it start.
    """
    before = folded[:start].rstrip("-")
    for pattern, factor in _DEGREES:
        match = pattern.search(before)
        if match is not None:
            return factor, match.start()
    return 1.0, start
