"""Second-order filters: high-pass, low-pass, shelves and bells, run chunk by chunk.

Source: R. Bristow-Johnson, Audio EQ Cookbook (bilinear transform with prewarping).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from aurax.audio.fast_filter import FastFilter
from aurax.audio.waveform import Samples

Sections = NDArray[np.float64]
"""Second-order sections, shape (sections, 6)."""

BUTTERWORTH_Q = math.sqrt(0.5)


def high_pass(cutoff_hz: float, sample_rate: int, q: float = BUTTERWORTH_Q) -> Sections:
    """12 dB per octave below the cutoff; −3 dB at it with the default Q."""
    cosine, alpha = _angle(cutoff_hz, sample_rate, q)
    return _section((1 + cosine) / 2, -(1 + cosine), (1 + cosine) / 2, 1 + alpha, -2 * cosine, 1 - alpha)


def low_pass(cutoff_hz: float, sample_rate: int, q: float = BUTTERWORTH_Q) -> Sections:
    """12 dB per octave above the cutoff; −3 dB at it with the default Q."""
    cosine, alpha = _angle(cutoff_hz, sample_rate, q)
    return _section((1 - cosine) / 2, 1 - cosine, (1 - cosine) / 2, 1 + alpha, -2 * cosine, 1 - alpha)


def bell(centre_hz: float, gain_db: float, sample_rate: int, q: float = 1.0) -> Sections:
    """Raise or lower around a centre; exactly `gain_db` at it."""
    cosine, alpha = _angle(centre_hz, sample_rate, q)
    root = 10.0 ** (gain_db / 40.0)
    return _section(1 + alpha * root, -2 * cosine, 1 - alpha * root, 1 + alpha / root, -2 * cosine, 1 - alpha / root)


def low_shelf(corner_hz: float, gain_db: float, sample_rate: int, q: float = BUTTERWORTH_Q) -> Sections:
    """Raise or lower what is below the corner; half of `gain_db` at it."""
    return _shelf(corner_hz, gain_db, sample_rate, q, 1.0)


def high_shelf(corner_hz: float, gain_db: float, sample_rate: int, q: float = BUTTERWORTH_Q) -> Sections:
    """Raise or lower what is above the corner; half of `gain_db` at it."""
    return _shelf(corner_hz, gain_db, sample_rate, q, -1.0)


def response_db(sections: Sections, frequencies_hz: NDArray[np.float64], sample_rate: int) -> NDArray[np.float64]:
    """Gain of a chain of sections at some frequencies, floored at −200 dB."""
    z = np.exp(-2j * np.pi * frequencies_hz / sample_rate)
    gain = np.ones_like(z)
    for b0, b1, b2, a0, a1, a2 in sections:
        gain = gain * (b0 + b1 * z + b2 * z * z) / (a0 + a1 * z + a2 * z * z)
    return np.asarray(20.0 * np.log10(np.maximum(np.abs(gain), 1e-10)))


class Filter:
    """A chain of sections that remembers its state from chunk to chunk."""

    def __init__(self, sections: Sections, channels: int) -> None:
        self._filter = FastFilter(sections, channels)

    def __call__(self, chunk: Samples, _start_frame: int, /) -> Samples:
        """Filter the next chunk."""
        return self._filter.run(chunk)


def _angle(hz: float, sample_rate: int, q: float) -> tuple[float, float]:
    omega = 2.0 * math.pi * min(hz, 0.49 * sample_rate) / sample_rate
    return math.cos(omega), math.sin(omega) / (2.0 * q)


def _shelf(hz: float, gain_db: float, sample_rate: int, q: float, sign: float) -> Sections:
    cosine, alpha = _angle(hz, sample_rate, q)
    cosine *= sign  # a high shelf is a low shelf with the frequency axis mirrored
    root = 10.0 ** (gain_db / 40.0)
    edge = 2.0 * math.sqrt(root) * alpha
    return _section(
        root * ((root + 1) - (root - 1) * cosine + edge),
        sign * 2 * root * ((root - 1) - (root + 1) * cosine),
        root * ((root + 1) - (root - 1) * cosine - edge),
        (root + 1) + (root - 1) * cosine + edge,
        sign * -2 * ((root - 1) + (root + 1) * cosine),
        (root + 1) + (root - 1) * cosine - edge,
    )


def _section(b0: float, b1: float, b2: float, a0: float, a1: float, a2: float) -> Sections:
    return np.array([[b0 / a0, b1 / a0, b2 / a0, 1.0, a1 / a0, a2 / a0]])
