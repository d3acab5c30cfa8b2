"""The stereo image: correlation, what a mono speaker loses, how wide each band is."""

from __future__ import annotations

import math

import numpy as np

from aurax.audio.loudness import integrated_lufs
from aurax.audio.spectrum import band_level_db, power_density_db
from aurax.audio.waveform import Waveform

_SILENT_POWER = 1e-20


def correlation(waveform: Waveform) -> float:
    """Correlation of left and right over the whole: 1 is mono, 0 unrelated, −1 opposite.

    Returns:
        −1 to 1; 1 for mono audio and for silence, 0 where only one side sounds.
    """
    if waveform.channels < 2 or not waveform.frames:
        return 1.0
    left, right = waveform.samples[0], waveform.samples[1]
    left_power, right_power = float(np.dot(left, left)), float(np.dot(right, right))
    if left_power <= _SILENT_POWER and right_power <= _SILENT_POWER:
        return 1.0
    if left_power <= _SILENT_POWER or right_power <= _SILENT_POWER:
        return 0.0
    return max(-1.0, min(1.0, float(np.dot(left, right)) / math.sqrt(left_power * right_power)))


def mono_loss_lu(waveform: Waveform) -> float:
    """How much quieter the audio gets when both channels play their mean; 0 for mono or silence.

    Identical channels lose nothing, unrelated ones 3 LU, opposite ones everything (inf).
    """
    if waveform.channels < 2:
        return 0.0
    stereo = integrated_lufs(waveform)
    if math.isinf(stereo):
        return 0.0
    mid = (waveform.samples[0] + waveform.samples[1]) * np.float32(0.5)
    return stereo - integrated_lufs(Waveform(np.stack([mid, mid]), waveform.sample_rate))


def side_to_mid_db(waveform: Waveform, low_hz: float, high_hz: float) -> float:
    """Power of the side (half the difference) against the mid (half the sum) within a band.

    Args:
        waveform: stereo.
        low_hz: where the band starts.
        high_hz: where it ends.

    Returns:
        dB; −inf when the band holds no side signal, or the audio is mono or silent.
    """
    if waveform.channels < 2:
        return -math.inf
    left, right = waveform.samples[0], waveform.samples[1]
    half = np.float32(0.5)
    levels = []
    for signal in ((left - right) * half, (left + right) * half):
        frequencies, density = power_density_db(Waveform(signal[None, :], waveform.sample_rate))
        levels.append(band_level_db(frequencies, density, low_hz, high_hz))
    side, mid = levels
    return -math.inf if side <= -190.0 else side - mid
