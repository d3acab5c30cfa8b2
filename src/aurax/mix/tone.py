"""Tone of the master: eight broad bands that bend the long-term spectrum toward the style's.

The correction is solved on the measured spectrum, before a single frame is filtered: the smoothed distance from the
target line is shared among shelves and bells by least squares, each within its limit.

Source: docs/facts/mix.md#spectrum and docs/facts/mix.md#sub-and-air.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from aurax.audio.spectrum import Spectrum, band_level_db, mean_density_db
from aurax.mix.filters import Sections, bell, high_pass, high_shelf, low_pass, low_shelf, response_db
from aurax.score.production import ProductionProfile, SpectrumTarget

RUMBLE_HZ = 25.0
LIMIT_DB = 6.0
"""Furthest that a band is bent: beyond that the fault is in the mix."""

_LOW_HZ, _HIGH_HZ = 100.0, 8_000.0
"""Corners of the shelves."""
_BELLS_HZ = (180.0, 330.0, 620.0, 1_250.0, 2_500.0, 5_000.0)
_BELL_Q = 0.9
_POINTS_HZ = 45.0 * 2.0 ** (np.arange(0, 26) / 3.0)
"""Thirds of octaves from 45 Hz to 14.5 kHz, where the spectrum is compared with the target."""
_SMOOTHED_OCTAVES = 0.5
"""Half of the width over which a point averages: single partials are no matter of tone."""
_BELOW_DB = (15.0, 30.0)
"""What is further below the target than the first counts less, beyond the second not at all: lifting what is not
there lifts noise, and bends its neighbours."""
_CAUTION = 0.6
"""Weight against large gains (ridge): broad and small rather than narrow and large."""
_ROUNDS = 3
_SWEEPS = 60
_LOWEST_AIR_SHARE_DB = -16.5
_SUB_SHARE_DB = (-12.5, -6.5)
_NO_SUB_DB = -24.0
"""A share below this is no bass that was played, and stays as it is."""
_LIFT_DB = 2.0
_DARK_SLOPE_DB = -9.0
"""Styles whose top falls faster than this are dark on purpose; nothing holds their air up."""


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
    gains = _solve(frequencies_hz, before, profile.spectrum, sample_rate)
    gains = _hold_shares(
        gains, frequencies_hz, before, sample_rate, airy=profile.spectrum.slope_5k_15k_db_per_octave > _DARK_SLOPE_DB
    )
    gains[0] += low_trim_db
    gains[-1] += high_trim_db
    return np.vstack([*fixed, _bands(gains, sample_rate)])


def _solve(frequencies_hz: Spectrum, before: Spectrum, target: SpectrumTarget, sample_rate: int) -> list[float]:
    """Gains of the bands that leave the least distance from the target line, whatever the overall level."""
    measured = np.array([_around_db(frequencies_hz, before, hz) for hz in _POINTS_HZ])
    away = target_density_db(target, _POINTS_HZ) - measured
    away -= np.median(away)
    near, far = _BELOW_DB
    weights = np.clip((far - away) / (far - near), 0.0, 1.0)
    count = len(_BELLS_HZ) + 2
    # A band's response in decibels grows with its gain, nearly in proportion.
    unit = np.stack([response_db(_bands(list(row), sample_rate), _POINTS_HZ, sample_rate) for row in np.eye(count)])
    gains = np.zeros(count)
    for _ in range(_ROUNDS):
        left = away - response_db(_bands(list(gains), sample_rate), _POINTS_HZ, sample_rate) + gains @ unit
        level = 0.0
        for _ in range(_SWEEPS):
            rest = left - gains @ unit
            level = float(np.average(rest, weights=weights)) if weights.any() else 0.0
            for band in range(count):
                row = unit[band]
                rest = left - level - gains @ unit + gains[band] * row
                wish = float(np.dot(weights * row, rest) / (np.dot(weights * row, row) + _CAUTION))
                gains[band] = max(-LIMIT_DB, min(LIMIT_DB, wish))
    return [float(gain) for gain in gains]


def _around_db(frequencies_hz: Spectrum, density_db: Spectrum, hz: float) -> float:
    """Mean density of the octave around a frequency."""
    width = 2.0**_SMOOTHED_OCTAVES
    return mean_density_db(frequencies_hz, density_db, hz / width, hz * width)


def _bands(gains_db: list[float], sample_rate: int) -> Sections:
    low, *middle, high = gains_db
    bells = [bell(hz, gain, sample_rate, _BELL_Q) for hz, gain in zip(_BELLS_HZ, middle, strict=True)]
    return np.vstack([low_shelf(_LOW_HZ, low, sample_rate), *bells, high_shelf(_HIGH_HZ, high, sample_rate)])


def _hold_shares(
    gains: list[float], frequencies_hz: Spectrum, before: Spectrum, sample_rate: int, *, airy: bool
) -> list[float]:
    """Keep the air of bright styles audible and the sub within bounds, whatever the slopes say."""
    held = list(gains)
    furthest = LIMIT_DB + _LIFT_DB
    lowest_sub, highest_sub = _SUB_SHARE_DB
    for _ in range(10):
        after = before + response_db(_bands(held, sample_rate), frequencies_hz, sample_rate)
        whole = band_level_db(frequencies_hz, after, 20.0, 20_000.0)
        if airy and band_level_db(frequencies_hz, after, 6_000.0, 12_000.0) - whole < _LOWEST_AIR_SHARE_DB:
            held[-1] = min(held[-1] + 0.5, furthest)
        sub = band_level_db(frequencies_hz, after, 20.0, 60.0) - whole
        if sub > highest_sub:
            held[0] = max(held[0] - 0.5, -furthest)
        elif _NO_SUB_DB < sub < lowest_sub:
            held[0] = min(held[0] + 0.5, furthest)
    return held
