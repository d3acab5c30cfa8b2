"""How fast the song shall be."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aurax.errors import InvalidPrompt
from aurax.intent.negation import degree_before
from aurax.intent.phrases import Found, PhraseBook
from aurax.intent.text import PromptText

SLOWEST_BPM = 30.0
FASTEST_BPM = 300.0

_DIGITS = r"\d{1,6}(?:[.,]\d{1,3})?"
_UNIT = r"(?:bpm|b\.p\.m\.?|beats per minute|beats a minute|schlage pro minute)"
_NUMBERED = re.compile(
    rf"(?<![\w.:/#\-])(?P<low>{_DIGITS})\s*(?:-|to|or)\s*(?P<high>{_DIGITS})[\s\-]*{_UNIT}(?!\w)"
    rf"|(?<![\w.:/#])(?P<minus>-\s*)?(?P<one>{_DIGITS})[\s\-]*{_UNIT}(?!\w)"
    rf"|(?<!\w)(?:bpm|tempo)\s*(?:of|is|at|=|:|around|about)?\s*(?P<named>{_DIGITS})(?![\w:/%])"
    rf"|(?<!\w)(?:at|around|about|near)\s+(?P<bare>\d{{2,3}})(?![\w:/%.]|\s*(?:seconds?|secs?|s\b|min|minutes?|bars?|hz|"
    rf"lufs|db|percent|%|st\b|nd\b|rd\b|th\b))"
    r"|(?<=,)\s*(?P<lone>\d{2,3})\s*(?=,|\.?$)"
)
_TERMS: dict[str, float] = {
    "largo": 50, "larghetto": 62, "lento": 54, "grave": 40, "adagio": 70, "andante": 85, "andantino": 90,
    "moderato": 108, "allegretto": 116, "allegro": 132, "vivace": 150, "vivo": 150, "presto": 176, "prestissimo": 200,
}  # fmt: skip
_TERM_BOOK = PhraseBook(_TERMS)
_WORD_BOOK = PhraseBook(
    {word: value for words, value in (
        ("fast, quick, rapid, speedy, uptempo, up-tempo, high-speed, schnell, rapide, vite, rapido, rapida, veloce,"
         " fast-paced, brisk", 15.0),
        ("slow, slowly, slow-paced, sluggish, langsam, lent, lente, lentement, despacio, lenta, devagar", -20.0),
        ("mid-tempo, midtempo, medium tempo, moderate tempo, mittleres tempo", 0.0),
        ("faster, schneller", 15.0), ("slower, langsamer", -20.0),
    ) for word in (one.strip() for one in words.split(","))}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TempoWish:
    """Everything the prompt says of tempo.

    Args:
        numbers: tempos given as numbers, in the prompt's order.
        terms: Italian terms with their usual tempo.
        words: words such as "fast", as percent against the style's tempo.
    """

    numbers: tuple[Found[float], ...]
    terms: tuple[Found[float], ...]
    words: tuple[Found[float], ...]

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Where all of it stands."""
        return [one.span for one in (*self.numbers, *self.terms, *self.words)]


def read_tempo(text: PromptText) -> TempoWish:
    """Read numbers, ranges (their middle), Italian terms and plain words.

    Raises:
        InvalidPrompt: a tempo is outside 30 to 300 BPM.
    """
    numbers = []
    for match in text.find(_NUMBERED):
        if match["low"]:
            bpm = (_value(match["low"]) + _value(match["high"])) / 2.0
        else:
            bpm = _value(match["one"] or match["named"] or match["bare"] or match["lone"]) * (
                -1.0 if match["minus"] else 1.0
            )
        quote = text.quote(*match.span())
        if not SLOWEST_BPM <= bpm <= FASTEST_BPM:
            raise InvalidPrompt(
                f"a tempo from {SLOWEST_BPM:g} to {FASTEST_BPM:g} BPM",
                f"{bpm:g} BPM ({quote!r})",
                "ask for another tempo",
            )
        numbers.append(Found(bpm, *match.span(), quote))
    words = []
    for hit in _WORD_BOOK.find(text):
        factor, start = degree_before(text.folded, hit.start)
        words.append(Found(hit.value * factor, start, hit.end, text.quote(start, hit.end)))
    terms = tuple(Found(hit.value, hit.start, hit.end, hit.quote) for hit in _TERM_BOOK.find(text))
    return TempoWish(tuple(numbers), terms, tuple(words))


def _value(digits: str) -> float:
    return float(digits.replace(",", "."))
