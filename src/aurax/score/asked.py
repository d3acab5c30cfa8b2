"""What follow-up notes asked of the sound, and what a mix that follows them is expected to measure."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from aurax.score.production import ProductionProfile

_LOW_OCTAVES, _HIGH_OCTAVES = 3.3, 1.6
"""From 100 Hz to 1 kHz, and from 5 to 15 kHz."""
_RANGE_PER_DB = 1.7
"""Loudness range that a decibel of compression takes or gives at most, as measured on songs of the four styles."""
_SHELF_SHARE = 0.7
"""How much of a shelf is heard in the band beside its corner: half of it at the corner, all of it an octave beyond."""


class AskedSound(BaseModel):
    """What notes asked of the sound, added to what the plan aims at; corrections never take it back."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    stem_db: dict[str, float] = {}
    """Level by track name."""
    reverb_db: float = 0.0
    """Level of the reverb return."""
    low_db: float = 0.0
    """Tone of the master below about 120 Hz."""
    high_db: float = 0.0
    """Tone of the master above about 5 kHz."""
    width_percent: float = 0.0
    """Added to 100 %."""
    compression_db: float = 0.0
    """Added to what the master's bus compressor takes away; below 0 it takes less, and passages move further apart."""


def aim_with(profile: ProductionProfile, asked: AskedSound) -> ProductionProfile:
    """The profile that a mix is measured against: what notes asked for belongs to its aim.

    The mix itself is made toward the profile, with what was asked added to it; see `aurax.mix.settings`.

    Args:
        profile: what the plan aims at.
        asked: what notes asked for.
    """
    if asked == AskedSound():
        return profile
    spectrum, low_db, high_db = profile.spectrum, _SHELF_SHARE * asked.low_db, _SHELF_SHARE * asked.high_db
    moved = spectrum.model_copy(
        update={
            "low_over_1k_db": spectrum.low_over_1k_db + low_db,
            "slope_100_1k_db_per_octave": spectrum.slope_100_1k_db_per_octave - low_db / _LOW_OCTAVES,
            "slope_5k_15k_db_per_octave": spectrum.slope_5k_15k_db_per_octave + high_db / _HIGH_OCTAVES,
        }
    )
    narrowest, widest = profile.loudness_range_lu
    narrowest -= _RANGE_PER_DB * max(0.0, asked.compression_db)
    widest += _RANGE_PER_DB * max(0.0, -asked.compression_db)
    return profile.model_copy(
        update={
            "spectrum": moved,
            "reverb_return_lu": profile.reverb_return_lu + asked.reverb_db,
            "loudness_range_lu": (max(0.0, narrowest), widest),
        }
    )
