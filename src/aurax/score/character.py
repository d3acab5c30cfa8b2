"""Character: what production adjectives ask for, as numbers that every later stage can read."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Character(BaseModel):
    """Offsets against the style's own settings; all zeros (and scales of one) mean "as the style has it".

    Adjectives add up: "warm and dusty" sums both rows of the vocabulary.

    Source: docs/facts/words.md#adjectives.
    """

    model_config = ConfigDict(frozen=True)

    tempo_percent: float = 0.0
    brightness_octaves: float = 0.0
    density_percent: float = 0.0
    reverb_db: float = 0.0
    saturation_db: float = 0.0
    width_percent: float = 0.0
    swing_percent: float = 0.0
    energy: float = 0.0
    attack_scale: float = 1.0
    low_end_db: float = 0.0
    register_semitones: float = 0.0
    velocity: float = 0.0
    lateness_ms: float = 0.0
    sidechain_db: float = 0.0
    wow_cents: float = 0.0
    noise_db: float = 0.0
