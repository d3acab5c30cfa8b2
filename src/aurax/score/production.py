"""The sound a style aims at: levels, sidechain, space, loudness and tone, carried by the Plan to mix and judge."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from aurax.score.role import Role


class SpectrumTarget(BaseModel):
    """The long-term average spectrum a style aims at, as slopes of the power density.

    Source: docs/facts/mix.md#spectrum.
    """

    model_config = ConfigDict(frozen=True)

    peak_hz: float
    """Where the power density is highest."""
    slope_100_1k_db_per_octave: float
    slope_1k_5k_db_per_octave: float
    slope_5k_15k_db_per_octave: float
    low_over_1k_db: float
    """Mean density of 40–100 Hz above the density at 1 kHz."""
    tolerance_db: float = 3.0


class ProductionProfile(BaseModel):
    """What the mix and the master aim at.

    Source: docs/facts/styles.md#mix-targets and docs/facts/mix.md#spectrum.
    """

    model_config = ConfigDict(frozen=True)

    role_level_lu: dict[Role, float]
    """Loudness of each role's stem relative to the mix, in the loudest section."""
    sidechain_bass_db: float
    """How far the kick ducks the bass; 0 means not at all."""
    sidechain_pad_db: float
    sidechain_release_s: float
    reverb_return_lu: float
    """Loudness of the reverb return relative to the mix."""
    reverb_s: float
    """RT60 of the reverb."""
    reverb_predelay_s: float = 0.02
    delay_beats: float = 0.75
    """Time of the tempo-synced delay in quarter notes."""
    delay_feedback: float = 0.3
    saturation_db: float = 0.0
    """Drive into the mix saturation of each pitched strip."""
    lowpass_hz: float | None = None
    """Top of the finished master where the style is dark (lo-fi); none for full band."""
    wow_cents: float = 0.0
    spectrum: SpectrumTarget
    loudness_lufs: float = -14.0
    ceiling_dbtp: float = -1.0
    loudness_range_lu: tuple[float, float] = (4.0, 8.0)
    width_percent: float = 100.0
