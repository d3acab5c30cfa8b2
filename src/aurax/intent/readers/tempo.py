"""How fast the song should be: numbers, terms, words, and changes on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aurax.intent.found import Found
from aurax.intent.readers.tempo_changes import TempoChange, read_tempo_changes
from aurax.intent.readers.tempo_numbers import TempoNumber, read_tempo_numbers
from aurax.intent.readers.tempo_words import TempoWord, read_tempo_terms, read_tempo_words
from aurax.intent.text import PromptText


@dataclass(frozen=True, slots=True)
class TempoWish:
    """Everything the prompt says of tempo.

    Args:
        numbers: tempos given as numbers, in the prompt's order; of a change, where it starts.
        terms: Italian and Chinese terms with their usual tempo in BPM.
        words: words such as "fast".
        changes: changes on the way ("speed up to 140", "ritardando").
    """

    numbers: tuple[Found[TempoNumber], ...]
    terms: tuple[Found[float], ...]
    words: tuple[Found[TempoWord], ...]
    changes: tuple[Found[TempoChange], ...] = ()

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Where all of it stands."""
        parts: tuple[tuple[Found[Any], ...], ...] = (self.numbers, self.terms, self.words, self.changes)
        return [one.span for part in parts for one in part]

    @property
    def number_spans(self) -> list[tuple[int, int]]:
        """Where its numbers and changes stand, in which no other reader finds anything."""
        return [*(one.span for one in self.numbers), *(one.span for one in self.changes)]


def read_tempo(text: PromptText) -> TempoWish:
    """Read numbers, ranges, terms, plain words and changes.

    Raises:
        InvalidPrompt: a tempo is outside 30 to 300 BPM.
    """
    changes, numbers = read_tempo_changes(text, read_tempo_numbers(text))
    rest = text.without([*(one.span for one in numbers), *(one.span for one in changes)])
    words = read_tempo_words(rest)
    terms = read_tempo_terms(rest.without(one.span for one in words))
    return TempoWish(tuple(numbers), tuple(terms), tuple(words), tuple(changes))
