"""Tone of the master: four broad bands that bend the long-term spectrum toward the style's.

The correction is solved on the measured spectrum, before a single frame is filtered: shelves and bells are adjusted
until the predicted spectrum lies on the target line, each within its limit.

Source: production facts, section 5 (LTAS table); render facts, item 8 (shares of sub and air).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from aurax.audio.spectrum import Spectrum, band_level_db
from aurax.mix.filters import Sections, bell, high_pass, high_shelf, low_pass, low_shelf, response_db
from aurax.score.production import ProductionProfile, SpectrumTarget

RUMBLE_HZ = 25.0
LIMIT_DB = 5.0
"""Furthest that a band is bent: beyond that the fault is in the mix."""

_BANDS_HZ = ((40.0, 110.0), (140.0, 450.0), (1_600.0, 4_500.0), (5_500.0, 13_000.0))
_ANCHOR_HZ = (450.0, 1_600.0)
_STRENGTH = 0.85
_ROUNDS = 8
_LOWEST_AIR_SHARE_DB = -15.5
_HIGHEST_SUB_SHARE_DB = -6.5
_LIFT_DB = 2.0


def target_density_db(target: SpectrumTarget, frequencies_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """The style's spectrum relative to 1 kHz: straight lines over the octaves, a flat low end below 100 Hz."""
    octaves = np.log2(np.maximum(frequencies_hz, 1.0) / 1_000.0)
    below = target.slope_100_1k_db_per_octave * octaves
    to_5k = math.log2(5.0)
    between = target.slope_1k_5k_db_per_octave * octaves
    above = target.slope_1k_5k_db_per_octave * to_5k + target.slope_5k_15k_db_per_octave * (octaves - to_5k)
    line = np.where(octaves < 0, below, np.where(octaves < to_5k, between, above))
    return np.where(frequencies_hz < 100.0, target.low_over_1k_db, line)


def tone_sections(
    frequencies_hz: Spectrum,
    density_db: Spectrum,
    profile: ProductionProfile,
    sample_rate: int,
    *,
    low_trim_db: float = 0.0,
    high_trim_db: float = 0.0,
) -> Sections:
    """Filters that bring a spectrum nearer to the profile's, rumble filter and top included.

    Args:
        frequencies_hz: of the measured spectrum.
        density_db: power density of the mix.
        profile: the spectrum aimed at, and where the top ends.
        sample_rate: in hertz.
        low_trim_db: added to the low shelf afterwards.
        high_trim_db: added to the high shelf afterwards.
    """
    fixed = [high_pass(RUMBLE_HZ, sample_rate, 0.5412), high_pass(RUMBLE_HZ, sample_rate, 1.3066)]
    if profile.lowpass_hz is not None:
        fixed.append(low_pass(profile.lowpass_hz, sample_rate))
    before = density_db + response_db(np.vstack(fixed), frequencies_hz, sample_rate)
    target = target_density_db(profile.spectrum, frequencies_hz)
    gains = [0.0] * len(_BANDS_HZ)
    for _ in range(_ROUNDS):
        after = before + response_db(_bands(gains, sample_rate), frequencies_hz, sample_rate)
        anchor = _deviation_db(frequencies_hz, after, target, *_ANCHOR_HZ)
        first = before - target
        for band, (low_hz, high_hz) in enumerate(_BANDS_HZ):
            start = _deviation_db(frequencies_hz, first, np.zeros_like(first), low_hz, high_hz)
            now = _deviation_db(frequencies_hz, after, target, low_hz, high_hz) - anchor
            rest = (1.0 - _STRENGTH) * (start - anchor)
            gains[band] = _bounded(gains[band] - 0.6 * (now - rest))
    if profile.lowpass_hz is None:
        gains = _hold_shares(gains, frequencies_hz, before, sample_rate)
    gains[0] += low_trim_db
    gains[-1] += high_trim_db
    return np.vstack([*fixed, _bands(gains, sample_rate)])


def _bands(gains_db: list[float], sample_rate: int) -> Sections:
    low, low_mid, presence, air = gains_db
    return np.vstack(
        [
            low_shelf(110.0, low, sample_rate),
            bell(260.0, low_mid, sample_rate, 0.6),
            bell(2_800.0, presence, sample_rate, 0.6),
            high_shelf(5_500.0, air, sample_rate),
        ]
    )


def _deviation_db(
    frequencies_hz: Spectrum, density_db: Spectrum, target_db: Spectrum, low: float, high: float
) -> float:
    """Mean distance from the target over a band in which every octave counts the same."""
    inside = (frequencies_hz >= low) & (frequencies_hz < high)
    weights = 1.0 / frequencies_hz[inside]
    return float(np.average((density_db - target_db)[inside], weights=weights))


def _hold_shares(gains: list[float], frequencies_hz: Spectrum, before: Spectrum, sample_rate: int) -> list[float]:
    """Keep the air audible and the sub in bounds, whatever the slopes say."""
    held = list(gains)
    for _ in range(10):
        after = before + response_db(_bands(held, sample_rate), frequencies_hz, sample_rate)
        whole = band_level_db(frequencies_hz, after, 20.0, 20_000.0)
        if band_level_db(frequencies_hz, after, 6_000.0, 12_000.0) - whole < _LOWEST_AIR_SHARE_DB:
            held[-1] = min(held[-1] + 0.5, LIMIT_DB + _LIFT_DB)
        if band_level_db(frequencies_hz, after, 20.0, 60.0) - whole > _HIGHEST_SUB_SHARE_DB:
            held[0] = max(held[0] - 0.5, -LIMIT_DB - _LIFT_DB)
    return held


def _bounded(gain_db: float) -> float:
    return max(-LIMIT_DB, min(LIMIT_DB, gain_db))
