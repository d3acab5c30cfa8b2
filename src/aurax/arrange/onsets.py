"""Onsets: how strongly something new sounds at each moment, over all frequencies and in the low ones.

Half-wave rectified flux of a logarithmic band spectrum. Source: S. Dixon, Onset Detection Revisited, DAFx 2006;
J. P. Bello et al., A Tutorial on Onset Detection in Music Signals, IEEE TSAP 13 (5), 2005.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

from aurax.audio.spectrum import hann_window
from aurax.audio.waveform import Samples

Curve = NDArray[np.float64]
"""float64, one dimension."""

RATE_HZ = 200
"""Values a second of every curve here."""
_WINDOW_FRAMES = 1024
_LAG = 2
"""The flux compares with 10 ms ago: attacks of soft instruments take that long."""
_BANDS = 32
_LOWEST_HZ, _HIGHEST_HZ = 35.0, 16_000.0
_LOW_HZ = 160.0
"""Kicks and bass notes are below."""
_CHUNK = 2000
_SILENCE_BEFORE_S = 0.1
"""Sound from the very first frame is an onset too."""
_COMPRESSION = 30.0


@dataclass(frozen=True, eq=False)
class Onsets:
    """Onset strength over time; value `i` belongs to the time `i / 200` seconds.

    Args:
        strength: over all frequencies, 0 or greater.
        low: below 160 Hz.
        levels: logarithmic level of each band, shape (values, bands); the piece's mean level is about 1.
        edges_hz: the bands' edges, one more than there are bands.
    """

    strength: Curve
    low: Curve
    levels: NDArray[np.float32]
    edges_hz: Curve

    @property
    def duration_s(self) -> float:
        """Time that the curves span."""
        return len(self.strength) / RATE_HZ


def find_onsets(mono: Samples, sample_rate: int) -> Onsets:
    """Measure onset strength.

    Args:
        mono: float32, shape (frames,).
        sample_rate: in hertz.
    """
    hop = sample_rate // RATE_HZ
    before = round(_SILENCE_BEFORE_S * sample_rate)
    lead = _WINDOW_FRAMES // 2 + before
    count = -(-mono.size // hop)
    padded = np.zeros(lead + count * hop + _WINDOW_FRAMES, np.float32)
    padded[lead : lead + mono.size] = mono
    first = before % hop
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW_FRAMES)[first::hop][: count + before // hop]
    bins, edges_hz = _band_bins(sample_rate)
    loudness = float(np.sqrt(np.mean(np.square(mono)))) if mono.size else 0.0
    window = hann_window(_WINDOW_FRAMES) * np.float32(2.0 / _WINDOW_FRAMES / max(loudness, 1e-5))
    levels = np.empty((len(frames), len(bins)), np.float32)
    for start in range(0, len(frames), _CHUNK):
        spectrum = rfft(frames[start : start + _CHUNK] * window, axis=-1)
        power = np.add.reduceat(spectrum.real**2 + spectrum.imag**2, bins, axis=1)
        levels[start : start + _CHUNK] = np.log1p(np.sqrt(power) * _COMPRESSION)
    rises = np.zeros_like(levels)
    np.maximum(levels[_LAG:] - levels[:-_LAG], 0.0, out=rises[_LAG:])
    rises, levels = rises[-count:], levels[-count:]
    low_bands = int(np.searchsorted(edges_hz[1:], _LOW_HZ))
    return Onsets(
        rises.sum(axis=1, dtype=np.float64), rises[:, :low_bands].sum(axis=1, dtype=np.float64), levels, edges_hz
    )


def _band_bins(sample_rate: int) -> tuple[NDArray[np.intp], Curve]:
    """First bin of each band, none of them empty, and the edges in hertz."""
    step_hz = sample_rate / _WINDOW_FRAMES
    top = min(_WINDOW_FRAMES // 2, round(_HIGHEST_HZ / step_hz))
    edges = np.unique(np.round(np.geomspace(max(1.0, _LOWEST_HZ / step_hz), top, _BANDS + 1)).astype(np.intp))
    return edges[:-1], edges.astype(np.float64) * step_hz
