"""The tempo that is settled on: a number beats a term, a term a word, a word the genre's usual tempo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aurax.intent.entries import Genre, Mood
from aurax.intent.found import Found
from aurax.intent.readers.tempo import TempoWish
from aurax.intent.readers.tempo_numbers import FASTEST_BPM, SLOWEST_BPM
from aurax.intent.readers.word import Word
from aurax.intent.settle.style import StyleChoice
from aurax.score.character import Character

_TERM_TOLERANCE_BPM = 10.0
"""An Italian term names a range, not a number."""
_REACH = 0.2
"""A word names a fifth of the genre's range to either side."""
_LEAST_REACH_BPM = 4.0
_FREE_RATIO = 1.3
"""A genre's usual tempo is taken where the style that is made in its place can nearly go there."""


_HALVED_BPM = 130.0
"""From here on a genre is often felt at half its tempo, as trap and drum and bass are."""


SLOW_KINDS = ("ballad", "lullaby")
"""Genres that mostly say how another genre is played: a "synthwave ballad"."""


@dataclass(frozen=True)
class Tempo:
    """What the song takes, and what the contract promises.

    Args:
        bpm: the tempo; None leaves it to the style.
        promised: whether the contract holds it.
        tolerance_bpm: how far it may be off.
        character: the adjectives' sum, without what the tempo already holds.
    """

    bpm: float | None
    promised: bool
    tolerance_bpm: float
    character: Character


def settle_tempo(
    wish: TempoWish,
    asked: Found[float] | None,
    moods: Sequence[Word[Mood]],
    choice: StyleChoice,
    character: Character,
    notes: list[str],
    others: Sequence[Genre] = (),
) -> Tempo:
    """Settle the tempo.

    Args:
        wish: all that the prompt says of it.
        asked: the number or term that counts.
        moods: adjectives and scenes, some with a tempo of their own.
        choice: the style and the genre that counts.
        character: the adjectives' sum.
        notes: takes a sentence for every contradiction.
        others: genres that were named besides.
    """
    still = character.model_copy(update={"tempo_percent": 0.0})
    low, high = choice.genre.tempo_bpm if choice.genre else choice.style.tempo_range_bpm
    if asked is not None:
        for word in wish.words:
            if word.value.percent and (word.value.percent > 0) != (asked.value >= (low + high) / 2):
                notes.append(f"{word.quote!r} and {asked.value:g} BPM pull apart; the number counts")
        if wish.numbers and wish.terms:
            notes.append(f"{wish.terms[-1].quote!r} gives way to the number, {asked.value:g} BPM")
        return Tempo(asked.value, True, _reach(wish), still)
    scene = next((one.entry.tempo_bpm for one in moods if one.entry.tempo_bpm and not one.refused), None)
    if scene is not None and choice.genre is not None and not low <= scene <= high:
        scene = None
    reach = max(_LEAST_REACH_BPM, round(_REACH * (high - low), 1))
    bend = 1.0 + sum(one.value.percent for one in wish.words) / 100.0
    if scene is not None:
        return Tempo(_within(scene * bend), bool(wish.words), reach, still)
    if wish.words:
        place = wish.words[-1].value.place
        bpm = _within(low + min(max(place, 0.0), 1.0) * (high - low))
        return Tempo(bpm, True, reach, still)
    own = _slower_kind(others, choice) or _usual(choice)
    if own is not None:
        return Tempo(own, False, 1.0, still)
    percent = min(max(character.tempo_percent, -40.0), 40.0)
    return Tempo(None, False, 1.0, character.model_copy(update={"tempo_percent": percent}))


def _reach(wish: TempoWish) -> float:
    """How far the tempo may be off: to the ends of a range, a little for a number, more for a term."""
    if not wish.numbers:
        return _TERM_TOLERANCE_BPM
    counts = wish.numbers[-1].value
    return max(1.0, (counts.high_bpm - counts.low_bpm) / 2.0)


def _slower_kind(others: Sequence[Genre], choice: StyleChoice) -> float | None:
    """The usual tempo of a ballad or lullaby that is named besides the genre that counts: a "jazz trio ballad"."""
    slow = [one for one in others if one.name.endswith(SLOW_KINDS) and one is not choice.genre]
    return slow[0].typical_bpm if slow else None


def _usual(choice: StyleChoice) -> float | None:
    """The usual tempo of a genre that another style is made for, where that style can nearly go there."""
    genre: Genre | None = choice.genre
    if genre is None or genre.style == choice.style.name:
        return None
    low, high = choice.style.tempo_range_bpm
    halves = (genre.typical_bpm / 2,) if genre.typical_bpm >= _HALVED_BPM else ()
    tempos: tuple[float, ...] = (genre.typical_bpm, *halves)
    for bpm in tempos:
        if low / _FREE_RATIO <= bpm <= high * _FREE_RATIO:
            return round(bpm, 1)
    return None


def _within(bpm: float) -> float:
    return float(min(max(round(bpm), SLOWEST_BPM), FASTEST_BPM))
