"""Which part of each time-frequency bin is drums, and which is bass.

What lasts is a horizontal line in a spectrogram, a stroke is a vertical one. A median along time keeps the lines and
drops the strokes, a median along frequency the reverse; the ratio of their powers is the mask (Fitzgerald 2010,
"Harmonic/percussive separation using median filtering", DAFx-10).

Two things are added to it. A kick drum is no vertical line: it has only a few low bins. There, a stroke is what rises
above the median along time. And what lasts in the low band is called bass.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from aurax.audio.waveform import SAMPLE_RATE

FFT_FRAMES = 4096
HOP_FRAMES = 1024
TIME_BINS = 17
"""Length of the median along time, 0.36 s: what sounds for less than half of that is a stroke."""
_FREQUENCY_BINS = 31
"""Length of the median along frequency, 360 Hz."""
_KICK_HZ = (180.0, 360.0)
"""Below the first, strokes are recognised by their rise; above the second, by their width; between, by some of both."""
_BASS_HZ = (120.0, 240.0)
"""Below the first, all that lasts is bass; above the second, none; between, some."""
_TINY = np.float32(1e-20)

Magnitudes = NDArray[np.float32]
"""float32, shape (frames, bins)."""


def masks(magnitudes: Magnitudes) -> tuple[Magnitudes, Magnitudes]:
    """How much of each bin is drums, and how much is bass.

    Args:
        magnitudes: of a spectrogram with `FFT_FRAMES` and `HOP_FRAMES`; the masks of the first and last
            `TIME_BINS // 2` of its frames are not to be used.

    Returns:
        Two masks of its shape, from 0 to 1; their sum is at most 1.
    """
    lasting = _median_over_time(magnitudes)
    wide = _median_over_frequency(magnitudes)
    risen = np.maximum(magnitudes - lasting, 0.0)
    kick = _below(*_KICK_HZ)
    stroke = kick * risen + (1.0 - kick) * wide
    lasting_power, stroke_power = lasting**2, stroke**2
    drums = (stroke_power + _TINY / 2) / (lasting_power + stroke_power + _TINY)
    return drums, (1.0 - drums) * _below(*_BASS_HZ)


def _median_over_time(magnitudes: Magnitudes) -> Magnitudes:
    # SciPy filters one long row many times as fast as many short ones. Where two rows meet, they mix within half a
    # filter's length, and those frames are not used.
    columns = np.ascontiguousarray(magnitudes.T)
    filtered: Magnitudes = median_filter(columns.ravel(), size=TIME_BINS).reshape(columns.shape)
    return np.ascontiguousarray(filtered.T)


def _median_over_frequency(magnitudes: Magnitudes) -> Magnitudes:
    edge = _FREQUENCY_BINS // 2
    padded = np.pad(magnitudes, ((0, 0), (edge, edge)), mode="reflect")
    filtered: Magnitudes = median_filter(padded.ravel(), size=_FREQUENCY_BINS).reshape(padded.shape)
    return filtered[:, edge:-edge]


def _below(low_hz: float, high_hz: float) -> NDArray[np.float32]:
    """1 below the first frequency, 0 above the second, a raised cosine over the logarithm between; shape (bins,)."""
    hz = np.arange(FFT_FRAMES // 2 + 1) * SAMPLE_RATE / FFT_FRAMES
    place = np.clip(np.log2(np.maximum(hz, 1.0) / low_hz) / np.log2(high_hz / low_hz), 0.0, 1.0)
    below: NDArray[np.float32] = (0.5 + 0.5 * np.cos(np.pi * place)).astype(np.float32)
    return below
