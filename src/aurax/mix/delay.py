"""Tempo-synced echoes that swing from side to side, darker at every turn."""

from __future__ import annotations

import numpy as np

from aurax.audio.waveform import Samples
from aurax.mix.filters import Filter, high_pass, low_pass

LOW_CUT_HZ = 300.0
HIGH_CUT_HZ = 4_500.0
_NEAR, _FAR = 1.0, 0.45
"""Gains of an echo on its own side and on the other: both positive, so that no echo harms a mono speaker."""


def echoes(bus: Samples, delay_frames: int, feedback: float, sample_rate: int) -> Samples:
    """Echoes of a stereo bus; the first comes after one delay, mostly on the left, the next on the right.

    Args:
        bus: shape (2, frames).
        delay_frames: time between echoes, 1 or more.
        feedback: level of each echo against the one before, 0 to 0.9.
        sample_rate: in hertz.

    Returns:
        Only the echoes, as long as the bus.
    """
    frames = bus.shape[1]
    tone = Filter(np.vstack([high_pass(LOW_CUT_HZ, sample_rate), low_pass(HIGH_CUT_HZ, sample_rate)]), 1)
    darker = Filter(low_pass(HIGH_CUT_HZ, sample_rate, 0.5), 2)
    wet = np.zeros_like(bus)
    sides = np.array([[_NEAR], [_FAR]], np.float32)
    gain = np.float32(min(0.9, max(0.0, feedback)))
    # Block by block of one delay's length: the echo of a block is complete before the next block needs it.
    for start in range(delay_frames, frames, delay_frames):
        stop = min(frames, start + delay_frames)
        before = slice(start - delay_frames, stop - delay_frames)
        fresh = tone((bus[:1, before] + bus[1:, before]) * np.float32(0.5), start)
        wet[:, start:stop] = fresh * sides + darker(wet[::-1, before], start) * gain
    return wet
