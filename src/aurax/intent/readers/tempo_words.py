"""Tempo in words: "slow", "adagio", ゆっくり, 快板."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from aurax.intent.found import Found
from aurax.intent.readers.language import any_of, groups, named, squash, table
from aurax.intent.readers.negation import degree_before
from aurax.intent.text import PromptText, fold

_ALSO_PLAIN_WORDS = frozenset({"grave", "largo", "vivo"})
"""Terms that are everyday words elsewhere: English and French "grave", Spanish "largo" and "en vivo"."""


@dataclass(frozen=True, slots=True)
class TempoWord:
    """A word such as "fast".

    Args:
        percent: against the style's own tempo.
        place: in a genre's range of tempos, 0 its slowest and 1 its fastest.
    """

    percent: float
    place: float


def read_tempo_words(text: PromptText) -> list[Found[TempoWord]]:
    """Plain words; before an effect or a part ("slow attack", "fast fade") they do not speak of the song."""
    found: list[Found[TempoWord]] = []
    for match in text.find(_word_pattern()):
        group = _word_groups()[squash(match[0])]
        factor, start = degree_before(text.folded, match.start())
        if group["place"] == 0.0 and factor > 0:
            factor = 1.0
        word = TempoWord(group["percent"] * factor, _place(group["place"], factor))
        found.append(Found(word, start, match.end(), text.quote(start, match.end())))
    return found


def read_tempo_terms(text: PromptText) -> list[Found[float]]:
    """Italian and Chinese terms with their usual tempo in BPM, in the prompt's order."""
    values = {squash(word): float(value) for word, value in table("tempo", "terms").items()}
    found = []
    for match in text.find(_term_pattern()):
        name = squash(match[0])
        if name not in _ALSO_PLAIN_WORDS or _is_an_item(text.folded, match):
            found.append(Found(values[name], *match.span(), text.quote(*match.span())))
    return found


def _is_an_item(folded: str, match: re.Match[str]) -> bool:
    """Whether a word stands alone between commas, or beside the word "tempo"."""
    after = re.match(r"\s*(?:$|[,.;:!|)]|tempo\b|e\b|and\b)", folded[match.end() :])
    return after is not None and re.search(r"(?:^|[,.;:|(]|tempo|tempo:)\s*$", folded[: match.start()]) is not None


@cache
def _term_pattern() -> re.Pattern[str]:
    return re.compile(any_of(table("tempo", "terms")))


def _place(place: float, factor: float) -> float:
    """Where in a range a word lies once its degree is counted in: "very slow" is slower than "slow"."""
    return min(max(0.5 + (place - 0.5) * factor * (1.0 if factor > 0 else 0.5), 0.0), 1.0)


@cache
def _word_groups() -> dict[str, dict[str, float]]:
    return {
        squash(fold(word)): {"percent": float(one["percent"]), "place": float(one["place"])}
        for one in groups("tempo", "words")
        for word in one["words"]
    } | _joined_words()


@cache
def _joined_words() -> dict[str, dict[str, float]]:
    """Hyphenated words as one word: "midtempo"."""
    return {
        fold(word).replace("-", ""): {"percent": float(one["percent"]), "place": float(one["place"])}
        for one in groups("tempo", "words")
        for word in one["words"]
        if "-" in word
    }


@cache
def _word_pattern() -> re.Pattern[str]:
    not_local = rf"(?![\s\-]+{named('tempo', 'local')})(?!\s+(?:than|\d))"
    not_cjk = r"(?!し|道路|公路|モーション|ライフ|动作|慢|热)(?<!慢慢)"
    return re.compile(rf"(?<!\w-){any_of(_word_groups())}{not_local}{not_cjk}")
