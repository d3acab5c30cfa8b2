"""What the prompt's adjectives change in the sound: a style's profile, bent by the plan's character."""

from __future__ import annotations

from aurax.score.plan import Plan
from aurax.score.production import ProductionProfile
from aurax.score.role import Role

_LOW_SHARE = 0.5
"""Part of the wish for more low end that goes into the levels of kick and bass; the rest is the master's tone."""


def sound_of(plan: Plan) -> ProductionProfile:
    """The profile that mix and master aim at: the style's, moved by the character.

    Source: docs/facts/words.md#adjectives.
    """
    profile, character = plan.production, plan.character
    levels: dict[Role, float] = dict(profile.role_level_lu)
    for role in ("drums", "kick", "bass"):
        if role in levels:
            levels[role] += _LOW_SHARE * character.low_end_db
    if "texture" in levels:
        levels["texture"] += character.noise_db
    spectrum = profile.spectrum.model_copy(
        update={
            "low_over_1k_db": profile.spectrum.low_over_1k_db + _LOW_SHARE * character.low_end_db,
            # Half an octave brighter is about 3 dB more at the top of a spectrum that falls by 6 dB per octave.
            "slope_1k_5k_db_per_octave": profile.spectrum.slope_1k_5k_db_per_octave + character.brightness_octaves,
            "slope_5k_15k_db_per_octave": profile.spectrum.slope_5k_15k_db_per_octave + character.brightness_octaves,
        }
    )
    ducked = profile.sidechain_bass_db > 0.0 or profile.sidechain_pad_db > 0.0
    deeper = character.sidechain_db if ducked else 0.0
    return profile.model_copy(
        update={
            "role_level_lu": levels,
            "spectrum": spectrum,
            "reverb_return_lu": min(-4.0, profile.reverb_return_lu + character.reverb_db),
            "saturation_db": max(0.0, profile.saturation_db + character.saturation_db),
            "width_percent": max(0.0, profile.width_percent + character.width_percent),
            "wow_cents": min(20.0, max(0.0, profile.wow_cents + character.wow_cents)),
            "sidechain_bass_db": max(0.0, profile.sidechain_bass_db + deeper),
            "sidechain_pad_db": max(0.0, profile.sidechain_pad_db + deeper),
        }
    )
