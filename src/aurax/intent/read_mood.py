"""Adjectives and scenes: what they add up to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aurax.intent.phrases import Found, PhraseBook
from aurax.intent.readers.negation import degree_before
from aurax.intent.text import PromptText
from aurax.intent.vocabulary.moods import EMOJI, MOODS, Mood
from aurax.score.character import Character

_BOOK = PhraseBook({word.strip(): mood for mood in MOODS for word in mood.words.split(",")})
_BY_NAME = {mood.name: mood for mood in MOODS}
_LIMITS: dict[str, tuple[float, float]] = {
    "tempo_percent": (-35, 35), "brightness_octaves": (-2, 1.5), "density_percent": (-70, 60), "reverb_db": (-12, 12),
    "saturation_db": (-6, 12), "width_percent": (-50, 50), "swing_percent": (-8, 10), "energy": (-5, 5),
    "attack_scale": (0.3, 6), "low_end_db": (-4, 5), "register_semitones": (-10, 8), "velocity": (-35, 20),
    "lateness_ms": (-10, 25), "sidechain_db": (-4, 4), "wow_cents": (0, 14), "noise_db": (-24, 12),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class MoodWish:
    """One adjective and how strongly it is meant (1 plain, 1.5 very, 0.5 a bit, below 0 refused)."""

    mood: Mood
    factor: float


def read_moods(text: PromptText) -> list[Found[MoodWish]]:
    """Every adjective and emoji that means something, in the prompt's order."""
    found = []
    for hit in _BOOK.find(text):
        factor, start = degree_before(text.folded, hit.start)
        found.append(Found(MoodWish(hit.value, factor), start, hit.end, text.quote(start, hit.end)))
    for place, char in enumerate(text.original):
        if char in EMOJI:
            found.append(Found(MoodWish(_BY_NAME[EMOJI[char]], 1.0), place, place + 1, char))
    return sorted(found, key=lambda one: one.start)


def character_of(wishes: Sequence[MoodWish]) -> Character:
    """Add up adjectives; each counts once, as strongly as it was said last, and sums stay within sane limits."""
    strengths = {wish.mood.name: wish for wish in wishes}
    sums: dict[str, float] = {}
    attack = 1.0
    for wish in strengths.values():
        for name, change in wish.mood.change.items():
            if name == "attack_scale":
                attack *= change**wish.factor
            else:
                sums[name] = sums.get(name, 0.0) + change * wish.factor
    sums["attack_scale"] = attack
    return Character(**{name: min(max(value, _LIMITS[name][0]), _LIMITS[name][1]) for name, value in sums.items()})
