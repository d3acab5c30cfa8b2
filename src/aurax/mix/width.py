"""Where a stem stands and how wide: mono lows, mid/side width, pan, and a guard for mono speakers."""

from __future__ import annotations

import math

import numpy as np

from aurax.audio.waveform import Samples
from aurax.mix.filters import Filter, high_pass

MONO_BELOW_HZ = 120.0
_STEEP = (0.5412, 1.3066)
_GENTLE = (0.7071,)
_HIGHEST_SIDE_SHARE = 0.9
"""Side power against mid power that the guard lets pass: a correlation of about 0.05."""


class Width:
    """A stage that scales the side signal and takes everything below 120 Hz out of it.

    Args:
        width: 1 leaves the side as it is, 0 makes mono.
        sample_rate: in hertz.
        steep: 24 dB per octave; without it 12, for strips whose own high-pass already lies there.

    Attributes:
        mid_power: sum of squares of the mid signal so far.
        side_power: sum of squares of the side signal so far.
    """

    def __init__(self, width: float, sample_rate: int, *, steep: bool = True) -> None:
        self._width = np.float32(width)
        qs = _STEEP if steep else _GENTLE
        sections = np.vstack([high_pass(MONO_BELOW_HZ, sample_rate, q) for q in qs])
        self._no_lows = Filter(sections, 1)
        self.mid_power = 0.0
        self.side_power = 0.0

    def __call__(self, chunk: Samples, start_frame: int, /) -> Samples:
        """Process the next chunk; one channel passes unchanged."""
        if chunk.shape[0] == 1:
            return chunk
        half = np.float32(0.5)
        mid = (chunk[0] + chunk[1]) * half
        if self._width == 0.0:
            return np.stack([mid, mid])
        side = self._no_lows((chunk[:1] - chunk[1:]) * (half * self._width), start_frame)[0]
        self.mid_power += float(np.dot(mid, mid))
        self.side_power += float(np.dot(side, side))
        return np.stack([mid + side, mid - side])


def side_guard(mid_power: float, side_power: float) -> float:
    """Factor for the side signal that keeps the stem's correlation above zero.

    Left times right is mid² − side², so the correlation is positive exactly while the mid has more power.
    """
    if side_power <= _HIGHEST_SIDE_SHARE * mid_power or side_power == 0.0:
        return 1.0
    return math.sqrt(_HIGHEST_SIDE_SHARE * mid_power / side_power)


def pan_gains(pan: float) -> tuple[float, float]:
    """Gains of left and right at equal power; both are 1 in the centre.

    Args:
        pan: −1 is left, 0 the centre, 1 right.
    """
    angle = (pan + 1.0) * math.pi / 4.0
    return math.sqrt(2.0) * math.cos(angle), math.sqrt(2.0) * math.sin(angle)
