"""The long-term spectrum: power density, third octaves, shares of bands, slopes.

Densities are in dB relative to full scale squared per hertz, so that a band's power is the density summed over
its width, and pink noise falls by 3 dB per octave.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft, rfftfreq

from aurax.audio.waveform import Waveform

Spectrum = NDArray[np.float64]
"""float64, shape (bins,)."""

_SEGMENT_FRAMES = 8192
_SEGMENTS_PER_CHUNK = 128
_FLOOR_DB = -200.0


def hann_window(frames: int) -> NDArray[np.float32]:
    """A periodic Hann window: half overlapped windows add up to one."""
    # Not SciPy's: importing it takes more than a second.
    return (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(frames) / frames)).astype(np.float32)


def power_density_db(waveform: Waveform) -> tuple[Spectrum, Spectrum]:
    """Long-term average power density (Welch: Hann segments of 8192 frames, half overlapped, mean over channels).

    Args:
        waveform: what to measure; shorter audio is padded with silence to one segment.

    Returns:
        Frequencies in hertz from 0 to half the sample rate, and densities in dB, floored at −200.
    """
    samples = waveform.samples
    if waveform.frames < _SEGMENT_FRAMES:
        samples = np.pad(samples, ((0, 0), (0, _SEGMENT_FRAMES - waveform.frames)))
    window = hann_window(_SEGMENT_FRAMES)
    view = np.lib.stride_tricks.sliding_window_view(samples, _SEGMENT_FRAMES, axis=1)[:, :: _SEGMENT_FRAMES // 2]
    segments = view.shape[1]
    power = np.zeros(_SEGMENT_FRAMES // 2 + 1)
    for first in range(0, segments, _SEGMENTS_PER_CHUNK):
        bins = rfft(view[:, first : first + _SEGMENTS_PER_CHUNK] * window, axis=-1)
        power += np.einsum("csk,csk->k", bins.real, bins.real) + np.einsum("csk,csk->k", bins.imag, bins.imag)
    density = power / (segments * waveform.channels * waveform.sample_rate * float(np.sum(window**2)))
    density[1:-1] *= 2.0
    frequencies = rfftfreq(_SEGMENT_FRAMES, 1.0 / waveform.sample_rate)
    return frequencies, 10.0 * np.log10(np.maximum(density, 10.0 ** (_FLOOR_DB / 10.0)))


def band_share_db(waveform: Waveform, low_hz: float, high_hz: float) -> float:
    """Power between two frequencies relative to the power of everything, in dB (0 is all of it)."""
    frequencies, density = power_density_db(waveform)
    return share_db(frequencies, density, low_hz, high_hz)


def share_db(frequencies_hz: Spectrum, density_db: Spectrum, low_hz: float, high_hz: float) -> float:
    """`band_share_db` of a spectrum that is known already."""
    whole = band_level_db(frequencies_hz, density_db, 0.0, float(frequencies_hz[-1]))
    return band_level_db(frequencies_hz, density_db, low_hz, high_hz) - whole


def band_level_db(frequencies_hz: Spectrum, density_db: Spectrum, low_hz: float, high_hz: float) -> float:
    """Power between two frequencies in dB; each bin counts with the part of its width that is inside."""
    step = float(frequencies_hz[1] - frequencies_hz[0])
    lower = np.maximum(frequencies_hz - step / 2.0, low_hz)
    upper = np.minimum(frequencies_hz + step / 2.0, high_hz)
    power = float(np.dot(10.0 ** (density_db / 10.0), np.maximum(upper - lower, 0.0)))
    return 10.0 * float(np.log10(max(power, 10.0 ** (_FLOOR_DB / 10.0))))


def mean_density_db(frequencies_hz: Spectrum, density_db: Spectrum, low_hz: float, high_hz: float) -> float:
    """Mean power density of a band in dB."""
    return band_level_db(frequencies_hz, density_db, low_hz, high_hz) - 10.0 * float(np.log10(high_hz - low_hz))


def slope_db_per_octave(frequencies_hz: Spectrum, density_db: Spectrum, low_hz: float, high_hz: float) -> float:
    """Slope of the power density over a band: a least-squares line through twelfth-octave means.

    Args:
        frequencies_hz: as `power_density_db` returns them.
        density_db: as `power_density_db` returns them.
        low_hz: where the band starts.
        high_hz: where it ends; at least a third of an octave higher.
    """
    octaves = np.log2(high_hz / low_hz)
    edges = low_hz * 2.0 ** np.linspace(0.0, octaves, max(2, round(12 * octaves)) + 1)
    levels = [mean_density_db(frequencies_hz, density_db, float(low), float(high)) for low, high in pairwise(edges)]
    places = np.log2(edges[:-1] * edges[1:]) / 2.0
    return float(np.polyfit(places, levels, 1)[0])
