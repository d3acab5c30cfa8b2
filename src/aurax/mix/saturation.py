"""Warmth: a cubic soft clip that does not alias.

Only what is below 6 kHz is driven, falling off above by 12 dB per octave. A cubic makes nothing above three times
its input, so overtones of what is driven stay below half the sample rate, and what leaks folds back cubed, far below
hearing. Brightness passes by untouched.
"""

from __future__ import annotations

import numpy as np

from aurax.audio.waveform import Samples
from aurax.mix.control import to_gain
from aurax.mix.filters import Filter, low_pass

_DRIVEN_BELOW_HZ = 6_000.0
_REFERENCE_DB = -18.0
"""RMS level at which 6 dB of drive gives about 1 % of third harmonic."""


def soft_clip(samples: Samples) -> Samples:
    """`x − x³/3` up to full scale, ±2/3 beyond: unit gain for small signals, flat and smooth at the corner."""
    bounded = np.clip(samples, -1.0, 1.0)
    clipped: Samples = bounded - bounded * bounded * bounded * np.float32(1.0 / 3.0)
    return clipped


class Saturator:
    """A stage that adds odd harmonics and keeps the level of small signals.

    Args:
        drive_db: how far the signal is pushed into the curve.
        level_db: RMS of the signal's loud passages in dBFS; the drive counts from there.
        channels: 1 or 2.
        sample_rate: in hertz.
    """

    def __init__(self, drive_db: float, level_db: float, channels: int, sample_rate: int) -> None:
        self._drive = np.float32(to_gain(drive_db + _REFERENCE_DB - level_db))
        self._crossover = Filter(low_pass(_DRIVEN_BELOW_HZ, sample_rate), channels)

    def __call__(self, chunk: Samples, start_frame: int, /) -> Samples:
        """Saturate the next chunk."""
        driven = self._crossover(chunk, start_frame) * self._drive
        # What the curve adds is the difference; the undriven rest needs no phase-matched crossover.
        added = ((soft_clip(driven) - driven) / self._drive).astype(np.float32)
        return chunk + added
