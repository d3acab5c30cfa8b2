"""Where a stem is and how wide: mono lows, mid/side width, pan, and a guard for mono speakers."""

from __future__ import annotations

import math

import numpy as np

from aurax.audio.waveform import Samples
from aurax.mix.control import CHUNK_FRAMES
from aurax.mix.filters import Filter, high_pass

MONO_BELOW_HZ = 120.0
_STEEP = (0.5412, 1.3066)
_GENTLE = (0.7071,)
_WIDENED_ABOVE_HZ = 220.0
_DECORRELATION = ((3.1, 0.55), (6.7, -0.5), (10.9, 0.45), (15.7, -0.38), (19.3, 0.32))
"""(milliseconds, gain) of the sparse echoes; no common period, so that no pitch rings."""
_HIGHEST_SIDE_SHARE = 0.55
"""Side power against mid power that the guard lets pass: a correlation of 0.29, so that a chorus that widens the stem
by another quarter stays above zero."""


class Width:
    """A stage that scales the side signal and takes everything below 120 Hz out of it.

    Args:
        width: 1 leaves the side as it is, 0 makes mono.
        sample_rate: in hertz.
        steep: 24 dB per octave; without it 12, for strips whose own high-pass already is there.
    """

    def __init__(self, width: float, sample_rate: int, *, steep: bool = True) -> None:
        self._width = np.float32(width)
        qs = _STEEP if steep else _GENTLE
        sections = np.vstack([high_pass(MONO_BELOW_HZ, sample_rate, q) for q in qs])
        self._no_lows = Filter(sections, 1)

    def __call__(self, chunk: Samples, start_frame: int, /) -> Samples:
        """Process the next chunk; one channel passes unchanged."""
        if chunk.shape[0] == 1:
            return chunk
        half = np.float32(0.5)
        mid = (chunk[0] + chunk[1]) * half
        if self._width == 0.0:
            return np.stack([mid, mid])
        side = self._no_lows((chunk[:1] - chunk[1:]) * (half * self._width), start_frame)[0]
        return np.stack([mid + side, mid - side])


def side_guard(mid_power: float, side_power: float) -> float:
    """Factor for the side signal that keeps the stem's correlation above zero.

    Left times right is mid² − side², so the correlation is positive exactly while the mid has more power.
    """
    if side_power <= _HIGHEST_SIDE_SHARE * mid_power or side_power == 0.0:
        return 1.0
    return math.sqrt(_HIGHEST_SIDE_SHARE * mid_power / side_power)


def widen(samples: Samples, side_to_mid_db: float, sample_rate: int) -> Samples:
    """Give a narrow stem a side signal, without touching what a mono speaker plays.

    The side is the mid, without its lows, through a few sparse echoes of alternating sign within 20 ms: left and
    right become each other's complement, and their sum stays the mid.

    Args:
        samples: mono or stereo.
        side_to_mid_db: power of the side against the mid that is aimed at, below 0.
        sample_rate: in hertz.

    Returns:
        Stereo; the input itself, unchanged, if it is as wide already, and else overwritten if it is stereo.
    """
    wanted = 10.0 ** (side_to_mid_db / 10.0)
    stereo = np.repeat(samples, 2, axis=0) if samples.shape[0] == 1 else samples
    mid_power = side_power = 0.0
    for start in range(0, stereo.shape[1], CHUNK_FRAMES):
        left, right = stereo[:, start : start + CHUNK_FRAMES]
        sum_power = float(np.dot(left, left)) + float(np.dot(right, right))
        cross = 2.0 * float(np.dot(left, right))
        mid_power += (sum_power + cross) / 4.0
        side_power += (sum_power - cross) / 4.0
    missing = wanted - side_power / mid_power if mid_power > 0.0 else 0.0
    if missing <= 0.0:
        return samples
    taps = [(round(ms * sample_rate / 1000.0), np.float32(gain)) for ms, gain in _DECORRELATION]
    # Echoes of one note partly add up; this is what their powers add to on average.
    gain = np.float32(np.sqrt(missing / sum(value**2 for _, value in _DECORRELATION)))
    reach = taps[-1][0]
    bright = Filter(high_pass(_WIDENED_ABOVE_HZ, sample_rate), 1)
    before = np.zeros(reach, np.float32)
    for start in range(0, stereo.shape[1], CHUNK_FRAMES):
        chunk = stereo[:, start : start + CHUNK_FRAMES]
        if not chunk.any() and not before.any():
            continue
        frames = chunk.shape[1]
        line = np.concatenate([before, bright((chunk[:1] + chunk[1:]) * (np.float32(0.5) * gain), start)[0]])
        side = np.zeros(frames, np.float32)
        for delay, value in taps:
            side += line[reach - delay : reach - delay + frames] * value
        chunk[0] += side
        chunk[1] -= side
        before = line[-reach:]
    return stereo


def pan_gains(pan: float) -> tuple[float, float]:
    """Gains of left and right at equal power; both are 1 in the centre.

    Args:
        pan: −1 is left, 0 the centre, 1 right.
    """
    angle = (pan + 1.0) * math.pi / 4.0
    return math.sqrt(2.0) * math.cos(angle), math.sqrt(2.0) * math.sin(angle)
