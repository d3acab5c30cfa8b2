"""Chroma: how much of each pitch class the audio holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

from aurax.audio.spectrum import hann_window
from aurax.audio.waveform import Samples

_DECIMATION = 4
_WINDOW_FRAMES = 8192
_LOWEST_HZ, _HIGHEST_HZ = 80.0, 2000.0
"""Below, kicks blur the pitch; above, overtones of other pitch classes prevail."""


def chroma(mono: Samples, sample_rate: int) -> NDArray[np.float64]:
    """Shares of the twelve pitch classes, from spectral peaks between 80 Hz and 2 kHz.

    Args:
        mono: float32, shape (frames,).
        sample_rate: frames a second.

    Returns:
        Shape (12,), C first, summing to 1; zeros for silence.
    """
    frames = mono.size // _DECIMATION
    coarse = mono[: frames * _DECIMATION].reshape(frames, _DECIMATION).mean(axis=1)
    if frames < _WINDOW_FRAMES:
        coarse = np.pad(coarse, (0, _WINDOW_FRAMES - frames))
    window = hann_window(_WINDOW_FRAMES)
    view = np.lib.stride_tricks.sliding_window_view(coarse, _WINDOW_FRAMES)[:: _WINDOW_FRAMES // 2]
    magnitudes = np.abs(rfft(view * window, axis=-1))
    hertz = np.arange(magnitudes.shape[1]) * sample_rate / _DECIMATION / _WINDOW_FRAMES
    peaks = np.zeros_like(magnitudes)
    inner = magnitudes[:, 1:-1]
    peaks[:, 1:-1] = np.where((inner > magnitudes[:, :-2]) & (inner > magnitudes[:, 2:]), inner, 0.0)
    audible = (hertz >= _LOWEST_HZ) & (hertz <= _HIGHEST_HZ)
    classes = np.round(12.0 * np.log2(hertz[audible] / 440.0)).astype(int) + 9
    shares = np.bincount(classes % 12, weights=np.sqrt(peaks[:, audible]).sum(axis=0), minlength=12)
    total = shares.sum()
    return np.asarray(shares / total if total > 0.0 else shares, dtype=np.float64)
