"""A compressor: feed-forward, soft knee, both channels turned by the same gain.

The detector reads the mean power of 1 ms blocks, so the image never shifts and the cost is a loop over a thousand
values a second. Source: Giannoulis, Massberg, Reiss, "Digital Dynamic Range Compressor Design", JAES 60 (2012).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aurax.audio.waveform import Samples
from aurax.mix.control import CONTROL_FRAMES, Curve, control_powers, draw


@dataclass(frozen=True, slots=True)
class Compression:
    """How a compressor is set.

    Args:
        threshold_db: power level (dBFS RMS) above which gain is taken away.
        ratio: decibels in per decibel out above the threshold.
        attack_ms: time constant while the gain falls.
        release_ms: time constant while it comes back.
        knee_db: width of the soft corner.
    """

    threshold_db: float
    ratio: float
    attack_ms: float
    release_ms: float
    knee_db: float = 6.0

    def static_gain_db(self, level_db: NDArray[np.float64]) -> NDArray[np.float64]:
        """Gain (0 or below) that a steady level ends up with."""
        over = level_db - self.threshold_db
        slope = 1.0 / self.ratio - 1.0
        in_knee = slope * np.square(over + self.knee_db / 2.0) / (2.0 * self.knee_db)
        gain = np.where(over >= self.knee_db / 2.0, slope * over, in_knee)
        return np.where(over <= -self.knee_db / 2.0, 0.0, gain)


class Compressor:
    """A stage that compresses chunk after chunk."""

    def __init__(self, compression: Compression, sample_rate: int) -> None:
        self._compression = compression
        block_ms = 1000.0 * CONTROL_FRAMES / sample_rate
        self._attack = math.exp(-block_ms / compression.attack_ms)
        self._release = math.exp(-block_ms / compression.release_ms)
        self._gain_db = 0.0

    def __call__(self, chunk: Samples, _start_frame: int, /) -> Samples:
        """Compress the next chunk; every chunk but the last is a multiple of 48 frames."""
        return chunk * self.gain(chunk)

    def gain(self, chunk: Samples) -> Curve:
        """Gain factor of each frame of the next chunk."""
        levels_db = 10.0 * np.log10(control_powers(chunk).astype(np.float64) + 1e-12)
        targets = self._compression.static_gain_db(levels_db).tolist()
        attack, release, gain_db = self._attack, self._release, self._gain_db
        gains_db = [gain_db]
        for target in targets:
            keep = attack if target < gain_db else release
            gain_db = target + keep * (gain_db - target)
            gains_db.append(gain_db)
        self._gain_db = gain_db
        factors = np.power(10.0, np.asarray(gains_db) / 20.0).astype(np.float32)
        return draw(factors, chunk.shape[1])
