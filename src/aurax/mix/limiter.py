"""The end of the chain: a soft clip for drum peaks, and a look-ahead limiter that never lets a sample pass.

The limiter's gain reduction returns in a straight line of decibels, so it is a running maximum of the reductions
wanted plus a slope, and needs no loop: 3 minutes take a tenth of a second.
"""

from __future__ import annotations

import math

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from aurax.audio.waveform import Samples
from aurax.mix.control import CHUNK_FRAMES

_BLOCK_FRAMES = 16
_LOOKAHEAD_S = 0.004
_RELEASE_DB_PER_S = 40.0
_OVERSAMPLING = 4
_SEGMENT_MARGIN = 128


def limit(samples: Samples, ceiling: float, sample_rate: int) -> Samples:
    """Turn both channels down around every peak above the ceiling.

    Args:
        samples: shape (channels, frames).
        ceiling: highest absolute sample of the result.
        sample_rate: in hertz.

    Returns:
        A new array. Where nothing exceeds the ceiling for 4 ms around, and nothing has lately, it equals the input.
    """
    frames = samples.shape[1]
    peaks = _block_peaks(samples)
    wanted_db = 20.0 * np.log10(np.maximum(peaks / ceiling, 1.0))
    reach = max(1, round(_LOOKAHEAD_S * sample_rate / _BLOCK_FRAMES))
    slope = _RELEASE_DB_PER_S * _BLOCK_FRAMES / sample_rate
    # Hold each reduction for the window, then smooth over the same window: the mean over a window in which every
    # value is at least the one wanted is at least the one wanted.
    held = maximum_filter1d(wanted_db, 2 * reach + 1, mode="nearest")
    ramp = slope * np.arange(len(held))
    released = np.maximum.accumulate(held + ramp) - ramp
    reduction_db = uniform_filter1d(released, 2 * reach - 1, mode="nearest")
    gains = np.power(10.0, -np.maximum(reduction_db, 0.0) / 20.0).astype(np.float32)
    limited = np.empty_like(samples)
    step = np.arange(_BLOCK_FRAMES, dtype=np.float32) / np.float32(_BLOCK_FRAMES)
    for start in range(0, frames, CHUNK_FRAMES):
        stop = min(frames, start + CHUNK_FRAMES)
        first, last = start // _BLOCK_FRAMES, -(-stop // _BLOCK_FRAMES)
        edges = gains[first : last + 1]
        gain = (edges[:-1, None] + np.diff(edges)[:, None] * step).reshape(-1)[: stop - start]
        np.multiply(samples[:, start:stop], gain, out=limited[:, start:stop])
    # The edges' gains are rounded; a last clip by a few units in the last place makes the ceiling exact.
    return np.clip(limited, -np.float32(ceiling), np.float32(ceiling), out=limited)


def clip_peaks(samples: Samples, knee: float, sample_rate: int, most_db: float = 2.0) -> Samples:
    """Bend what exceeds a knee, at four times the sample rate, where it happens and nowhere else.

    Args:
        samples: shape (channels, frames).
        knee: amplitude from which the curve bends.
        sample_rate: in hertz.
        most_db: reduction that peaks far above the knee approach; peaks 6 dB above it lose most of that.

    Returns:
        A new array, equal to the input away from the peaks.
    """
    clipped = samples.copy()
    rate = float(sample_rate)
    spans = [
        (max(0, start - _SEGMENT_MARGIN), min(samples.shape[1], stop + _SEGMENT_MARGIN))
        for start, stop in _segments(samples, knee * 0.9)
    ]
    if not spans:
        return clipped
    # All segments in one long strip: what rings at the joins stays within the margins, and those are dropped.
    joined = np.concatenate([samples[:, first:last] for first, last in spans], axis=1)
    fine = soxr.resample(joined.T, rate, rate * _OVERSAMPLING, quality="MQ")
    lost = soxr.resample(_bend(fine, knee, most_db), rate * _OVERSAMPLING, rate, quality="MQ").T
    place, edge = 0, _SEGMENT_MARGIN // 2
    for first, last in spans:
        clipped[:, first + edge : last - edge] -= lost[:, place + edge : place + last - first - edge]
        place += last - first
    return clipped


def _bend(fine: Samples, knee: float, most_db: float) -> Samples:
    """What the clip takes away: nothing below the knee, smoothly more above."""
    over_db = 20.0 * np.log10(np.maximum(np.abs(fine) / knee, 1.0))
    taken_db = most_db * np.square(over_db / (over_db + 3.0))
    lost: Samples = (fine * (1.0 - np.power(10.0, -taken_db / 20.0))).astype(np.float32)
    return lost


def _segments(samples: Samples, level: float) -> list[tuple[int, int]]:
    """Stretches with samples above a level, those closer than the margins joined."""
    peaks = _block_peaks(samples)
    loud = np.flatnonzero(peaks > level)
    if not loud.size:
        return []
    apart = math.ceil(3 * _SEGMENT_MARGIN / _BLOCK_FRAMES)
    breaks = np.flatnonzero(np.diff(loud) > apart)
    firsts = loud[np.concatenate([[0], breaks + 1])]
    lasts = loud[np.concatenate([breaks, [len(loud) - 1]])]
    return [(int(a) * _BLOCK_FRAMES, (int(b) + 1) * _BLOCK_FRAMES) for a, b in zip(firsts, lasts, strict=True)]


def _block_peaks(samples: Samples) -> NDArray[np.float32]:
    """Highest absolute value of each 16-frame block over the channels, with one more block at the end."""
    frames = samples.shape[1]
    whole = frames // _BLOCK_FRAMES
    peaks = np.zeros(-(-frames // _BLOCK_FRAMES) + 1, np.float32)
    for start in range(0, whole * _BLOCK_FRAMES, CHUNK_FRAMES):
        stop = min(whole * _BLOCK_FRAMES, start + CHUNK_FRAMES)
        sizes = np.abs(samples[:, start:stop]).max(axis=0).reshape(-1, _BLOCK_FRAMES)
        highest = sizes[:, 0].copy()
        # Sixteen strided maxima inside the cache beat one reduction over an axis of sixteen.
        for column in range(1, _BLOCK_FRAMES):
            np.maximum(highest, sizes[:, column], out=highest)
        peaks[start // _BLOCK_FRAMES : stop // _BLOCK_FRAMES] = highest
    rest = samples[:, whole * _BLOCK_FRAMES :]
    if rest.size:
        peaks[whole] = np.abs(rest).max()
    return peaks
