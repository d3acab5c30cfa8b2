"""Typing mistakes: corrected where only one word of the lexicon can be meant, and said so.

A word is left alone if it is an ordinary English word, a word of the lexicon in any form, a name (a capital inside the
sentence), or short. What is left is compared with every word of the lexicon by the Damerau–Levenshtein distance.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from aurax.intent.english import english_words
from aurax.intent.lexicon import Lexicon
from aurax.intent.text import PromptText

_SHORTEST = 5
"""Shorter words have too many neighbours."""
_LONG = 8
"""From this length on two mistakes are allowed."""
_MIDDLING = 6
"""From this length on two mistakes are allowed that leave the consonants as they are."""
_TOKEN = re.compile(r"(?<![^\W_])[a-z]+(?![^\W_])")
_ENDINGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("'s", ("",)), ("s", ("",)), ("es", ("",)), ("ies", ("y",)), ("ly", ("",)), ("ily", ("y",)), ("ing", ("", "e")),
    ("ed", ("", "e")), ("er", ("", "e")), ("est", ("", "e")), ("en", ("",)), ("e", ("",)), ("y", ("", "e")),
    ("ier", ("y",)), ("ish", ("",)), ("em", ("", "e")),
)  # fmt: skip
"""Usual endings, and what stood there before them."""
_DOUBLING = frozenset({"ing", "ed", "er", "est", "y"})
"""Endings before which a consonant is doubled."""


@dataclass(frozen=True)
class Correction:
    """A word that was understood as another.

    Args:
        written: as typed.
        meant: the word of the lexicon.
        start: first character in the corrected prompt.
        end: first character after it there.
    """

    written: str
    meant: str
    start: int
    end: int


@dataclass(frozen=True)
class Spelling:
    """A prompt with its mistakes corrected, and the way back to the places in what was typed.

    Args:
        text: the corrected prompt; the readers read this.
        typed: the prompt as it was typed.
        corrections: in the prompt's order.
        places: for each character of the corrected prompt (and its end) the place in the typed one.
    """

    text: PromptText
    typed: str
    corrections: tuple[Correction, ...]
    places: tuple[int, ...]

    def typed_span(self, start: int, end: int) -> tuple[int, int]:
        """A span of the corrected prompt as a span of the typed one."""
        last = self.places[end - 1] if end > start else self.places[start]
        return self.places[start], max(last + 1, self._end_of(end))

    def _end_of(self, end: int) -> int:
        corrected = next((one for one in self.corrections if one.end == end), None)
        return 0 if corrected is None else self.places[corrected.start] + len(corrected.written)

    def inside(self, start: int, end: int) -> tuple[Correction, ...]:
        """The corrections within a span of the corrected prompt."""
        return tuple(one for one in self.corrections if start < one.end and one.start < end)


def correct_spelling(text: PromptText, lexicon: Lexicon) -> Spelling:
    """Correct what is surely mistyped.

    Args:
        text: the cleaned prompt.
        lexicon: the words that may be meant.
    """
    identity = Spelling(text, text.original, (), tuple(range(len(text.folded) + 1)))
    doubtful = [match for match in _TOKEN.finditer(text.folded) if _may_be_mistyped(match, text, lexicon)]
    if not doubtful:
        return identity
    real = english_words()
    found = [
        (match, meant)
        for match in doubtful
        if not _is_form(match[0], real.__contains__) and (meant := _meant(match[0], lexicon)) is not None
    ]
    return _rewritten(text, found) if found else identity


def _may_be_mistyped(match: re.Match[str], text: PromptText, lexicon: Lexicon) -> bool:
    if len(match[0]) < _SHORTEST or _is_form(match[0], lexicon.words.__contains__):
        return False
    letters = [char for char in text.cased if char.isalpha()]
    shouting = bool(letters) and sum(char.isupper() for char in letters) > len(letters) / 2
    inside = text.folded[: match.start()].rstrip(' "(') not in ("",) and not re.search(
        r"[.!?:;,\]]\s*$", text.folded[: match.start()]
    )
    return shouting or not inside or not text.cased[match.start()].isupper()


def _is_form(word: str, known: Callable[[str], bool]) -> bool:
    """Whether a word, or what is left without a usual ending, is known."""
    forms = [word]
    for ending, put_back in _ENDINGS:
        if word.endswith(ending):
            stem = word[: -len(ending)]
            forms += [stem + letters for letters in put_back]
            if "" in put_back and ending in _DOUBLING and stem[-2:-1] == stem[-1:]:
                forms.append(stem[:-1])
    return any(len(form) >= 3 and known(form) for form in forms)


@lru_cache(maxsize=8)
def _by_length(lexicon_words: frozenset[str]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    words = sorted((word for word in lexicon_words if _TOKEN.fullmatch(word) and len(word) >= 4), key=_length_first)
    return tuple(words), tuple(len(word) for word in words)


def _length_first(word: str) -> tuple[int, str]:
    return len(word), word


def _meant(word: str, lexicon: Lexicon) -> str | None:
    """The only word of the lexicon that is near enough; none where several are."""
    from editdistpy import damerau_osa

    allowed = 2 if len(word) >= _MIDDLING else 1
    words, lengths = _by_length(lexicon.words)
    low, high = bisect_right(lengths, len(word) - allowed - 1), bisect_right(lengths, len(word) + allowed)
    near: dict[int, list[str]] = {}
    for candidate in words[low:high]:
        distance = damerau_osa.distance(word, candidate, allowed)
        if distance == 2 and len(word) < _LONG and _skeleton(word) != _skeleton(candidate):
            continue
        if distance >= 0 and (candidate[0] == word[0] or sorted(candidate[:2]) == sorted(word[:2])):
            near.setdefault(distance, []).append(candidate)
    if not near:
        return None
    nearest = near[min(near)]
    whole = [one for one in nearest if one in lexicon.meanings] or nearest
    best = _without_forms(whole, lexicon)
    if len(best) > 1:
        best = [one for one in best if one in english_words()] or best
    swapped = [one for one in best if sorted(one) == sorted(word)]
    return best[0] if len(best) == 1 else swapped[0] if len(swapped) == 1 else None


def _skeleton(word: str) -> str:
    """Its consonants, doubled ones once: "regaee" and "reggae" share them."""
    return re.sub(r"(.)\1+", r"\1", re.sub(r"[aeiouy]", "", word))


def _without_forms(words: Iterable[str], lexicon: Lexicon) -> list[str]:
    """One word of several that are forms of the same ("vocal", "vocals") or mean the same ("choir", "chor")."""
    kept: list[str] = []
    for word in sorted(words, key=_length_first):
        meant = lexicon.meanings.get(word)
        same = (other for other in kept if meant is not None and lexicon.meanings.get(other) == meant)
        if next(same, None) is None and not any(word.startswith(one) and len(word) - len(one) <= 2 for one in kept):
            kept.append(word)
    return kept


def _rewritten(text: PromptText, found: list[tuple[re.Match[str], str]]) -> Spelling:
    original, cased, folded = "", "", ""
    places: list[int] = []
    corrections: list[Correction] = []
    at = 0
    for match, meant in found:
        start, end = match.span()
        original += text.original[at:start] + meant
        cased += text.cased[at:start] + meant
        folded += text.folded[at:start] + meant
        places += range(at, start)
        corrections.append(Correction(text.original[start:end], meant, len(places), len(places) + len(meant)))
        places += [min(start + index, end - 1) for index in range(len(meant))]
        at = end
    places += range(at, len(text.folded) + 1)
    corrected = replace(
        text, original=original + text.original[at:], cased=cased + text.cased[at:], folded=folded + text.folded[at:]
    )
    return Spelling(corrected, text.original, tuple(corrections), tuple(places))
