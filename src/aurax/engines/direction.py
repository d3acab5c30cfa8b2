"""Intent → request: what a generator is given of a prompt that was understood.

Sources: the wording follows the captions that text-to-music models were trained on (genre, mood, instruments, tempo and
key in plain words); MusicGen's model card.
"""

from __future__ import annotations

from collections.abc import Callable

from aurax.audio.waveform import Waveform
from aurax.engines.engine import EngineInfo
from aurax.engines.requests import GenerationRequest
from aurax.intent.intent import Intent, StyleInfo
from aurax.intent.wish import WishField
from aurax.score.character import Character
from aurax.score.key import Key

RAW_LIMIT_S = 64.0
"""Most audio that one candidate gets; the arrangement repeats its phrases, as songs do."""
_SPARE_BARS = 2.0
"""Before the first downbeat and after the last one."""
_TRAITS: tuple[tuple[Callable[[Character], float], str, str], ...] = (
    (lambda one: one.brightness_octaves, "bright", "dark and warm"),
    (lambda one: one.density_percent / 50.0, "dense", "sparse"),
    (lambda one: one.reverb_db / 6.0, "spacious with long reverb", "dry and close"),
    (lambda one: one.saturation_db / 6.0, "saturated", "clean"),
    (lambda one: one.width_percent / 50.0, "wide stereo", "narrow"),
    (lambda one: one.energy / 2.0, "energetic", "calm"),
    (lambda one: one.low_end_db / 4.0, "deep bass", "light low end"),
    (lambda one: one.wow_cents / 10.0, "tape wobble", "steady"),
)
"""How strongly each trait is meant, what it is called when meant, and when its opposite is."""
_MEANT = 0.4
_MOST_MOODS = 4
_NOTHING_ELSE = "nothing else"
"""The value of the wish that says that only the others may play."""


def tempo_and_key(intent: Intent, style: StyleInfo) -> tuple[float, Key]:
    """The tempo and key that generated audio should have: those asked for, else the style's usual ones."""
    bpm = intent.tempo_bpm or style.typical_tempo_bpm * (1.0 + intent.character.tempo_percent / 100.0)
    usual = Key.parse(style.typical_keys[0])
    return round(bpm, 2), Key(intent.tonic or usual.tonic, intent.mode or usual.mode)


def describe(intent: Intent, style: StyleInfo, *, sings: bool = False) -> str:
    """The prompt for a generator: what was asked for in plain words, tempo and key.

    Args:
        intent: the prompt, understood.
        style: what the intent's style says of itself; its title counts only where no genre was asked for.
        sings: whether the generator can sing.
    """
    bpm, key = tempo_and_key(intent, style)
    genres = _asked(intent, "genre") or [style.title.lower()]
    voices = _asked(intent, "vocals") or [word for word in intent.wanted if word == "vocals"]
    instrumental = ["instrumental"] if _is_instrumental(intent, sings=sings) else []
    words = [
        " ".join([*genres, *instrumental]),
        *(f"like {name}" for name in _asked(intent, "likeness")),
        *_asked(intent, "era"),
        *_feelings(intent),
        _featuring(intent),
        *(f"with {voice}" for voice in voices if not instrumental),
        f"{bpm:g} bpm",
        f"in {key}",
        "studio quality",
    ]
    return ", ".join(dict.fromkeys(word for word in words if word))


def _asked(intent: Intent, field: WishField) -> list[str]:
    """What was asked for of one kind and not refused too, as it was understood, whether or not it can be done here."""
    wishes = (one for one in intent.wishes if one.field == field and not one.refused and one.fate != "not_understood")
    return list(dict.fromkeys(one.value for one in wishes if one.value not in intent.unwanted))


def _is_instrumental(intent: Intent, *, sings: bool) -> bool:
    """Whether nobody should sing, or nobody can."""
    refused = any(one.field == "vocals" and one.refused for one in intent.wishes)
    return not sings or refused or "vocals" in intent.unwanted


def _feelings(intent: Intent) -> list[str]:
    """Moods and words about the sound; of a prompt without wishes, its moods and what they do to the sound."""
    if intent.wishes:
        return [*_asked(intent, "mood"), *_asked(intent, "production")]
    traits = [
        (more if strength(intent.character) > 0 else less)
        for strength, more, less in _TRAITS
        if abs(strength(intent.character)) >= _MEANT
    ]
    return [*intent.moods[:_MOST_MOODS], *traits]


def _featuring(intent: Intent) -> str:
    instruments = [one for one in _asked(intent, "instrument") if one != _NOTHING_ELSE] or [
        word for word in intent.wanted if not intent.wishes and word != "vocals"
    ]
    if not instruments:
        return ""
    return f"featuring {', '.join(instruments)}" + (" and nothing else" if intent.only_wanted else "")


def _refused(intent: Intent) -> str:
    """What must not be heard, for generators that can be told so."""
    refused = [one.value for one in intent.wishes if one.refused and one.fate != "not_understood"]
    return ", ".join(dict.fromkeys([*refused, *intent.unwanted]))


def raw_duration_s(intent: Intent, style: StyleInfo, info: EngineInfo) -> float:
    """How much audio to ask a generator for, so that a song of the wanted length can be arranged from it."""
    bpm, _ = tempo_and_key(intent, style)
    beats = intent.meter.numerator * 4.0 / intent.meter.denominator if intent.meter else 4.0
    spare_s = _SPARE_BARS * beats * 60.0 / bpm
    return round(min(intent.duration_s + spare_s, RAW_LIMIT_S, info.longest_s), 3)


def direct(
    intent: Intent, style: StyleInfo, info: EngineInfo, *, seeds: tuple[int, ...], melody: Waveform | None = None
) -> GenerationRequest:
    """Turn an intent into a request for a generator.

    Args:
        intent: the prompt, understood.
        style: what the intent's style says of itself.
        info: of the generator; it is given only what it takes.
        seeds: one candidate for each.
        melody: to follow; sets the length.
    """
    bpm, key = tempo_and_key(intent, style)
    unwanted = _refused(intent) if "negative_text" in info.conditions else ""
    return GenerationRequest(
        prompt=describe(intent, style, sings="vocals" in info.conditions),
        duration_s=min(melody.duration_s, info.longest_s)
        if melody is not None
        else raw_duration_s(intent, style, info),
        seeds=seeds,
        negative_prompt=unwanted,
        melody=melody if "melody" in info.conditions else None,
        bpm=bpm if "bpm" in info.conditions else None,
        key=str(key) if "key" in info.conditions else None,
    )
