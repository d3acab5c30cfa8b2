"""Which of several numbers for the same thing counts: the last one, and a number beats a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from aurax.intent.entries import Mood
from aurax.intent.found import Found
from aurax.intent.readers.all_numbers import Numbers
from aurax.intent.readers.keys import KeyWish
from aurax.intent.readers.word import Word
from aurax.intent.settle.character import brightness
from aurax.score.time import Meter

T = TypeVar("T")


@dataclass(frozen=True)
class Counts:
    """Which of several wishes for the same thing counts: the last one.

    Args:
        tempo: number or term.
        key: with its mode, if any was named.
        meter: the time signature.
        length: in seconds.
    """

    tempo: Found[float] | None
    key: Found[KeyWish] | None
    meter: Found[Meter] | None
    length: Found[float] | None


def settle_counts(numbers: Numbers, notes: list[str]) -> Counts:
    """Let the last of several wishes count, and note where they differ.

    Args:
        numbers: everything that was read.
        notes: takes the sentences.
    """
    return Counts(
        last(tempos_of(numbers), "tempo", notes, unit=" BPM") or last(numbers.tempo.terms, "tempo", notes),
        _settle_key(numbers.keys, notes),
        last(numbers.meters, "meter", notes),
        last(numbers.lengths, "length", notes, unit=" s"),
    )


def tempos_of(numbers: Numbers) -> list[Found[float]]:
    """Tempos that were given in numbers; of a range its middle."""
    return [Found(one.value.bpm, one.start, one.end, one.quote) for one in numbers.tempo.numbers]


def last(found: Sequence[Found[T]], what: str, notes: list[str], unit: str = "") -> Found[T] | None:
    """The last of several wishes for the same thing, with a note where they differ."""
    if not found:
        return None
    counts = found[-1]
    others = dict.fromkeys(f"{_shown(one.value)}{unit}" for one in found if one.value != counts.value)
    if others:
        notes.append(f"the {what} {_shown(counts.value)}{unit} was said last and counts, not {', '.join(others)}")
    return counts


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _settle_key(keys: Sequence[Found[KeyWish]], notes: list[str]) -> Found[KeyWish] | None:
    full = [one for one in keys if one.value.tonic is not None]
    modes = [one for one in keys if one.value.tonic is None]
    if not keys:
        return None
    counts = (full or modes)[-1]
    name = (counts.value.tonic, counts.value.mode)
    others = dict.fromkeys(one.quote for one in (full or modes) if (one.value.tonic, one.value.mode) != name)
    if others:
        notes.append(f"the key {counts.quote!r} was said last and counts, not {', '.join(map(repr, others))}")
    chosen = counts.value
    if chosen.mode is None and modes:
        chosen = KeyWish(chosen.tonic, modes[-1].value.mode, modes[-1].value.note)
    if chosen.note:
        notes.append(chosen.note)
    return Found(chosen, counts.start, counts.end, counts.quote)


def note_mode_contradictions(key: Found[KeyWish] | None, moods: Sequence[Word[Mood]], notes: list[str]) -> None:
    """Note adjectives whose mode gives way to a mode that was named."""
    if key is None or key.value.mode is None:
        return
    for mood in moods:
        leaning = mood.entry.mode
        if leaning in ("major", "minor") and not mood.refused and leaning != brightness(key.value.mode):
            notes.append(f"{mood.entry.name!r} would suggest {leaning}, but {key.value.mode} was asked for by name")
