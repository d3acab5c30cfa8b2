"""The effects' returns: from what the strips sent to stems of their own.

Both returns are filtered to 6.5 kHz or less, so they are computed at half the sample rate, at half the cost.
"""

from __future__ import annotations

import math

import numpy as np
import soxr

from aurax.audio.loudness import integrated_lufs
from aurax.audio.waveform import Samples, Waveform
from aurax.mix.control import to_gain
from aurax.mix.delay import echoes
from aurax.mix.reverb import impulse_response, reverberate
from aurax.score.production import ProductionProfile

_HIGHEST_GAIN_DB = 20.0


def reverb_return(
    bus: Samples, profile: ProductionProfile, target_lufs: float, loudest: slice, sample_rate: int
) -> Samples:
    """The reverb of what was sent, at a loudness.

    Args:
        bus: shape (2, frames).
        profile: decay and predelay.
        target_lufs: loudness of the return within `loudest`.
        loudest: frames of the loudest section, where the return is measured.
        sample_rate: in hertz.

    Returns:
        A new array of the bus's shape; silence if nothing was sent.
    """
    half = sample_rate // 2
    wet = reverberate(_down(bus, sample_rate), impulse_response(profile.reverb_s, profile.reverb_predelay_s, half))
    returned = _up(wet, sample_rate, bus.shape[1])
    measured = integrated_lufs(Waveform(returned[:, loudest], sample_rate))
    if math.isinf(measured):
        measured = integrated_lufs(Waveform(returned, sample_rate))
    if math.isfinite(measured) and math.isfinite(target_lufs):
        returned *= np.float32(to_gain(min(_HIGHEST_GAIN_DB, target_lufs - measured)))
    return returned


def delay_return(bus: Samples, delay_s: float, feedback: float, sample_rate: int) -> Samples:
    """The echoes of what was sent, at the level at which it was sent."""
    half = sample_rate // 2
    wet = echoes(_down(bus, sample_rate), max(1, round(delay_s * half)), feedback, half)
    return _up(wet, sample_rate, bus.shape[1])


def _down(bus: Samples, sample_rate: int) -> Samples:
    halved = soxr.resample(bus.T, sample_rate, sample_rate // 2, quality="MQ")
    return np.ascontiguousarray(halved.T)


def _up(wet: Samples, sample_rate: int, frames: int) -> Samples:
    doubled = soxr.resample(wet.T, sample_rate // 2, sample_rate, quality="MQ").T[:, :frames]
    returned = np.zeros((2, frames), np.float32)
    returned[:, : doubled.shape[1]] = doubled
    return returned
