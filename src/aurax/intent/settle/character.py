"""What adjectives and scenes add up to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aurax.intent.entries import Mood
from aurax.intent.readers.word import Word
from aurax.score.character import Character

_LIMITS: dict[str, tuple[float, float]] = {
    "tempo_percent": (-35, 35), "brightness_octaves": (-2, 1.5), "density_percent": (-70, 60), "reverb_db": (-12, 12),
    "saturation_db": (-6, 12), "width_percent": (-50, 50), "swing_percent": (-8, 10), "energy": (-5, 5),
    "attack_scale": (0.3, 6), "low_end_db": (-4, 5), "register_semitones": (-10, 8), "velocity": (-35, 20),
    "lateness_ms": (-10, 25), "sidechain_db": (-4, 4), "wow_cents": (0, 14), "noise_db": (-24, 12),
}  # fmt: skip
_LENT = 0.5
"""How much a likeness lends of its moods."""
_BRIGHT = ("major", "lydian", "mixolydian")


def character_of(
    words: Sequence[Word[Mood]], lent: Iterable[Mood] = (), era: Iterable[dict[str, float]] = ()
) -> Character:
    """Add up adjectives; each counts once, as strongly as it was said last, and sums stay within sane limits.

    Args:
        words: adjectives of the song; those of single things in it do not count.
        lent: moods of whom the song should be like.
        era: what the named eras change.
    """
    strengths = {mood.name: (mood.change, _LENT) for mood in lent}
    strengths |= {word.entry.name: (word.entry.change, word.strength) for word in words if not word.bound}
    sums: dict[str, float] = {}
    attack = 1.0
    for change, strength in (*strengths.values(), *((one, 1.0) for one in era)):
        for name, amount in change.items():
            if name == "attack_scale":
                attack *= amount**strength
            else:
                sums[name] = sums.get(name, 0.0) + amount * strength
    sums["attack_scale"] = attack
    return Character(**{name: min(max(value, _LIMITS[name][0]), _LIMITS[name][1]) for name, value in sums.items()})


def added_character(character: Character, more: Character) -> Character:
    """Two characters added up, within sane limits."""
    sums = {name: getattr(character, name) + getattr(more, name) for name in Character.model_fields}
    sums["attack_scale"] = character.attack_scale * more.attack_scale
    return Character(**{name: min(max(value, _LIMITS[name][0]), _LIMITS[name][1]) for name, value in sums.items()})


def brightness(mode: str) -> str:
    """Whether a mode sounds more like major or like minor."""
    return "major" if mode in _BRIGHT else "minor"


def mode_of(words: Sequence[Word[Mood]], quote: dict[int, str], notes: list[str]) -> str | None:
    """The mode that adjectives lean to; the last one said counts, and feelings beat scenes.

    Args:
        words: adjectives of the song.
        quote: the words as typed, by where they start.
        notes: takes a sentence where they pull apart.
    """
    leaning = [one for one in words if one.entry.mode is not None and not one.refused and not one.bound]
    if not leaning:
        return None
    leaning = [one for one in leaning if not one.entry.scene] or leaning
    last = leaning[-1]
    for one in leaning:
        if brightness(one.entry.mode or "") != brightness(last.entry.mode or ""):
            first, second = quote[one.start], quote[last.start]
            notes.append(f"{first!r} and {second!r} pull apart; {second!r} was said last and sets the mode")
            break
    return last.entry.mode
