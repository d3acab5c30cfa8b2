"""The end of the chain: soft clips for peaks, and a look-ahead limiter that never lets a sample pass.

The limiter's gain reduction returns in a straight line of decibels, so it is a running maximum of the reductions
wanted plus a slope, and needs no loop: 3 minutes take a tenth of a second.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

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
_BATCH_FRAMES = 1 << 18
"""How many frames are oversampled at once: what bounds the memory of a loud song."""

Bend = Callable[[Samples], Samples]
"""Takes oversampled samples and returns what a clip takes away from them."""


def limit(
    samples: Samples,
    ceiling: float,
    sample_rate: int,
    release_db_per_s: float = _RELEASE_DB_PER_S,
    *,
    between_samples: bool = False,
    in_place: bool = False,
) -> Samples:
    """Turn both channels down around every peak above the ceiling.

    Args:
        samples: shape (channels, frames).
        ceiling: highest absolute sample of the result.
        sample_rate: in hertz.
        release_db_per_s: how fast the gain comes back.
        between_samples: whether peaks between the samples count as well (four points a sample); what remains above
            the ceiling is a tenth of a decibel or less.
        in_place: overwrite the input and return it.

    Returns:
        A new array, unless in place. Where nothing exceeds the ceiling for 4 ms around, and nothing has lately, it
        equals the input.
    """
    frames = samples.shape[1]
    peaks = _fine_block_peaks(samples, sample_rate) if between_samples else _block_peaks(samples)
    wanted_db = 20.0 * np.log10(np.maximum(peaks / ceiling, 1.0))
    reach = max(1, round(_LOOKAHEAD_S * sample_rate / _BLOCK_FRAMES))
    slope = release_db_per_s * _BLOCK_FRAMES / sample_rate
    # Hold each reduction for the window, then smooth over the same window: the mean over a window in which every
    # value is at least the one wanted is at least the one wanted.
    held = maximum_filter1d(wanted_db, 2 * reach + 1, mode="nearest")
    ramp = slope * np.arange(len(held))
    released = np.maximum.accumulate(held + ramp) - ramp
    reduction_db = uniform_filter1d(released, 2 * reach - 1, mode="nearest")
    gains = np.power(10.0, -np.maximum(reduction_db, 0.0) / 20.0).astype(np.float32)
    limited = samples if in_place else np.empty_like(samples)
    step = np.arange(_BLOCK_FRAMES, dtype=np.float32) / np.float32(_BLOCK_FRAMES)
    for start in range(0, frames, CHUNK_FRAMES):
        stop = min(frames, start + CHUNK_FRAMES)
        first, last = start // _BLOCK_FRAMES, -(-stop // _BLOCK_FRAMES)
        edges = gains[first : last + 1]
        gain = (edges[:-1, None] + np.diff(edges)[:, None] * step).reshape(-1)[: stop - start]
        np.multiply(samples[:, start:stop], gain, out=limited[:, start:stop])
    # The edges' gains are rounded; a last clip by a few units in the last place makes the ceiling exact.
    return np.clip(limited, -np.float32(ceiling), np.float32(ceiling), out=limited)


def clip_peaks(
    samples: Samples, knee: float, sample_rate: int, most_db: float = 2.0, *, in_place: bool = False
) -> Samples:
    """Bend what exceeds a knee, at four times the sample rate, where it happens and nowhere else.

    Args:
        samples: shape (channels, frames).
        knee: amplitude from which the curve bends.
        sample_rate: in hertz.
        most_db: reduction that peaks far above the knee approach; peaks 6 dB above it lose most of that.
        in_place: overwrite the input and return it.

    Returns:
        A new array, unless in place, equal to the input away from the peaks.
    """
    target = samples if in_place else samples.copy()
    return _clip_in_place(target, knee, sample_rate, lambda fine: _bend(fine, knee, most_db))


def round_peaks(samples: Samples, knee: float, top: float, sample_rate: int, *, in_place: bool = False) -> Samples:
    """Round off what exceeds a knee so that nothing passes the top, however loud it comes in.

    The curve is a hyperbolic tangent between knee and top: it rises everywhere, so more gain never folds a wave over.

    Args:
        samples: shape (channels, frames).
        knee: amplitude from which the curve bends.
        top: amplitude that the curve approaches; what is band-limited again may pass it by some tenths of a decibel.
        sample_rate: in hertz.
        in_place: overwrite the input and return it.

    Returns:
        A new array, unless in place, equal to the input away from the peaks.
    """
    room = top - knee

    def lost(fine: Samples) -> Samples:
        over = np.abs(fine)
        over -= np.float32(knee)
        np.maximum(over, 0.0, out=over)
        over -= np.float32(room) * np.tanh(over / np.float32(room))
        taken: Samples = np.copysign(over, fine)
        return taken

    return _clip_in_place(samples if in_place else samples.copy(), knee, sample_rate, lost)


def _clip_in_place(samples: Samples, knee: float, sample_rate: int, lost: Bend) -> Samples:
    """Take away what a curve takes from the stretches above its knee, at four times the sample rate."""
    rate = float(sample_rate)
    changed_until, margin = 0, np.zeros((samples.shape[0], 0), np.float32)
    for stretches in _batches(_stretches(samples, knee * 0.9)):
        # All in one long strip: what rings at the joins stays within the margins, and those are dropped.
        joined = np.concatenate([samples[:, one.first : one.last] for one in stretches], axis=1)
        if (overlap := changed_until - stretches[0].first) > 0:
            # The batch before changed what is this one's margin.
            joined[:, :overlap] = margin[:, -overlap:]
        changed_until = stretches[-1].stop
        margin = samples[:, max(0, changed_until - _SEGMENT_MARGIN) : changed_until].copy()
        fine = soxr.resample(joined.T, rate, rate * _OVERSAMPLING, quality="MQ")
        taken = soxr.resample(lost(fine), rate * _OVERSAMPLING, rate, quality="MQ").T
        place = 0
        for one in stretches:
            offset = place - one.first
            samples[:, one.start : one.stop] -= taken[:, offset + one.start : offset + one.stop]
            place += one.last - one.first
    return samples


def _bend(fine: Samples, knee: float, most_db: float) -> Samples:
    """What the clip takes away: nothing below the knee, smoothly more above."""
    over_db = 20.0 * np.log10(np.maximum(np.abs(fine) / knee, 1.0))
    taken_db = most_db * np.square(over_db / (over_db + 3.0))
    lost: Samples = (fine * (1.0 - np.power(10.0, -taken_db / 20.0))).astype(np.float32)
    return lost


class _Stretch(NamedTuple):
    """Frames `first` to `last` are oversampled; of them, `start` to `stop` are changed."""

    first: int
    last: int
    start: int
    stop: int


def _stretches(samples: Samples, level: float) -> list[_Stretch]:
    """What exceeds a level, with margins; long stretches are cut so that each fits into a batch."""
    frames, edge = samples.shape[1], _SEGMENT_MARGIN // 2
    found = []
    for start, stop in _segments(samples, level):
        start, stop = max(0, start - edge), min(frames, stop + edge)
        for first in range(start, stop, _BATCH_FRAMES):
            last = min(stop, first + _BATCH_FRAMES)
            margin = _SEGMENT_MARGIN
            found.append(_Stretch(max(0, first - margin), min(frames, last + margin), first, last))
    return found


def _batches(stretches: Sequence[_Stretch]) -> list[list[_Stretch]]:
    """Stretches in groups of about equal length."""
    groups: list[list[_Stretch]] = []
    frames = _BATCH_FRAMES
    for one in stretches:
        if frames >= _BATCH_FRAMES:
            groups.append([])
            frames = 0
        groups[-1].append(one)
        frames += one.last - one.first
    return groups


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


def _block_peaks(samples: Samples, block_frames: int = _BLOCK_FRAMES) -> NDArray[np.float32]:
    """Highest absolute value of each block over the channels, with one more block at the end."""
    frames = samples.shape[1]
    whole = frames // block_frames
    peaks = np.zeros(-(-frames // block_frames) + 1, np.float32)
    for start in range(0, whole * block_frames, CHUNK_FRAMES):
        stop = min(whole * block_frames, start + CHUNK_FRAMES)
        sizes = np.abs(samples[:, start:stop]).max(axis=0).reshape(-1, block_frames)
        highest = sizes[:, 0].copy()
        # A few strided maxima inside the cache beat one reduction over a short axis.
        for column in range(1, block_frames):
            np.maximum(highest, sizes[:, column], out=highest)
        peaks[start // block_frames : stop // block_frames] = highest
    rest = samples[:, whole * block_frames :]
    if rest.size:
        peaks[whole] = np.abs(rest).max()
    return peaks


def _fine_block_peaks(samples: Samples, sample_rate: int) -> NDArray[np.float32]:
    """As `_block_peaks`, of the waveform at four times the sample rate."""
    frames, rate = samples.shape[1], float(sample_rate)
    peaks = np.zeros(-(-frames // _BLOCK_FRAMES) + 1, np.float32)
    for start in range(0, frames, CHUNK_FRAMES):
        stop = min(frames, start + CHUNK_FRAMES)
        first, last = max(0, start - _SEGMENT_MARGIN), min(frames, stop + _SEGMENT_MARGIN)
        fine = soxr.resample(samples[:, first:last].T, rate, rate * _OVERSAMPLING, quality="MQ").T
        inner = fine[:, (start - first) * _OVERSAMPLING : (stop - first) * _OVERSAMPLING]
        here = _block_peaks(np.ascontiguousarray(inner), _BLOCK_FRAMES * _OVERSAMPLING)[:-1]
        peaks[start // _BLOCK_FRAMES :][: len(here)] = here
    return peaks
