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


def tempo_and_key(intent: Intent, style: StyleInfo) -> tuple[float, Key]:
    """The tempo and key that generated audio should have: those asked for, else the style's usual ones."""
    bpm = intent.tempo_bpm or style.typical_tempo_bpm * (1.0 + intent.character.tempo_percent / 100.0)
    usual = Key.parse(style.typical_keys[0])
    return round(bpm, 2), Key(intent.tonic or usual.tonic, intent.mode or usual.mode)


def describe(intent: Intent, style: StyleInfo) -> str:
    """The prompt for a generator: style, moods, instruments, traits, tempo and key in plain words."""
    bpm, key = tempo_and_key(intent, style)
    traits = [
        (more if strength(intent.character) > 0 else less)
        for strength, more, less in _TRAITS
        if abs(strength(intent.character)) >= _MEANT
    ]
    wanted = f"featuring {', '.join(intent.wanted)}" if intent.wanted else ""
    only = "and nothing else" if intent.wanted and intent.only_wanted else ""
    words = [
        f"{style.title.lower()} instrumental" if "vocals" not in intent.wanted else style.title.lower(),
        *intent.moods[:4],
        " ".join(part for part in (wanted, only) if part),
        *traits,
        f"{bpm:g} bpm",
        f"in {key}",
        "studio quality",
    ]
    return ", ".join(word for word in words if word)


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
    unwanted = ", ".join(intent.unwanted) if "negative_text" in info.conditions else ""
    return GenerationRequest(
        prompt=describe(intent, style),
        duration_s=min(melody.duration_s, info.longest_s)
        if melody is not None
        else raw_duration_s(intent, style, info),
        seeds=seeds,
        negative_prompt=unwanted,
        melody=melody if "melody" in info.conditions else None,
        bpm=bpm if "bpm" in info.conditions else None,
        key=str(key) if "key" in info.conditions else None,
    )
