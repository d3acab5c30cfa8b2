"""Onsets and tempo, heard from the audio."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

from aurax.audio.spectrum import hann_window
from aurax.audio.waveform import Samples

_WINDOW_FRAMES = 1024
_RATE_HZ = 100.0
_CHUNK = 2000
_PADDED = 1 << 18
_HARMONICS = (1.0, 2.0, 4.0)
"""Beats, 8ths and 16ths."""
_SEARCH_SHARE = 0.06
_LEAST_SALIENCE = 4.0
"""How far the best tempo must rise above the median of the searched ones; noise reaches about 2.5."""


def onset_envelope(mono: Samples, sample_rate: int) -> tuple[NDArray[np.float64], float]:
    """Spectral flux: how much louder the bands got since 10 ms ago, on a logarithmic scale.

    Args:
        mono: float32, shape (frames,).
        sample_rate: frames a second.

    Returns:
        The envelope and its rate in hertz (about 100).
    """
    hop = round(sample_rate / _RATE_HZ)
    if mono.size < _WINDOW_FRAMES + 2 * hop:
        return np.zeros(0), sample_rate / hop
    window = hann_window(_WINDOW_FRAMES)
    view = np.lib.stride_tricks.sliding_window_view(mono, _WINDOW_FRAMES)[::hop]
    bands = 24
    edges = np.unique(np.geomspace(2, _WINDOW_FRAMES // 2, bands + 1).astype(int))
    envelope = np.zeros(len(view))
    previous: NDArray[np.float32] | None = None
    for first in range(0, len(view), _CHUNK):
        bins = rfft(view[first : first + _CHUNK] * window, axis=-1)
        power = np.add.reduceat(bins.real**2 + bins.imag**2, edges[:-1], axis=1)
        levels = np.log1p(np.sqrt(power) * 10.0)
        if previous is None:
            previous = levels[0]
        rises = np.diff(np.vstack([previous[None, :], levels]), axis=0)
        envelope[first : first + len(levels)] = np.maximum(rises, 0.0).sum(axis=1)
        previous = levels[-1]
    return envelope, sample_rate / hop


def heard_tempo_bpm(envelope: NDArray[np.float64], rate_hz: float, near_bpm: float) -> float | None:
    """The tempo near a known one whose beats, 8ths and 16ths agree best with the onsets.

    The envelope's long Fourier transform is read at 1, 2 and 4 times each candidate's beat; over a whole song its
    peak is far narrower than 0.1 BPM.

    Args:
        envelope: from `onset_envelope`.
        rate_hz: frames a second of the envelope.
        near_bpm: the tempo to search around, ±6 %.

    Returns:
        BPM, or None when the audio has too few onsets to tell.
    """
    if envelope.size < 4 * rate_hz or not envelope.any():
        return None
    centred = (envelope - envelope.mean())[:_PADDED]
    transform = np.abs(rfft(centred, n=_PADDED))
    candidates = np.arange(near_bpm * (1.0 - _SEARCH_SHARE), near_bpm * (1.0 + _SEARCH_SHARE), 0.01)
    bins = candidates / 60.0 / rate_hz * _PADDED
    places = np.arange(transform.size)
    strength = sum(np.interp(bins * harmonic, places, transform) for harmonic in _HARMONICS)
    strength = np.asarray(strength)
    floor = float(np.median(transform[int(bins[0] * 0.5) : int(bins[-1] * _HARMONICS[-1] * 1.1)])) * len(_HARMONICS)
    best = int(strength.argmax())
    if strength[best] < _LEAST_SALIENCE * floor:
        return None
    return float(candidates[best])
