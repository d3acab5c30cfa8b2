"""Tempo-synced echoes that swing from side to side, darker at every turn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from aurax.audio.waveform import Samples
from aurax.mix.blocks import in_blocks
from aurax.mix.filters import Filter, high_pass, low_pass

LOW_CUT_HZ = 300.0
HIGH_CUT_HZ = 4_500.0
_NEAR, _FAR = 1.0, 0.45
"""Gains of an echo on its own side and on the other: both positive, so that no echo harms a mono speaker."""


def echoes(
    bus: Iterable[Samples], frames: int, delay_frames: int, feedback: float, sample_rate: int
) -> Iterator[Samples]:
    """Echoes of a stereo bus; the first comes after one delay, mostly on the left, the next on the right.

    Args:
        bus: stereo blocks of any lengths.
        frames: their length together.
        delay_frames: time between echoes, 1 or more.
        feedback: level of each echo against the one before, 0 to 0.9.
        sample_rate: in hertz.

    Returns:
        Only the echoes, block by block, as long as the bus.
    """
    tone = Filter(np.vstack([high_pass(LOW_CUT_HZ, sample_rate), low_pass(HIGH_CUT_HZ, sample_rate)]), 1)
    darker = Filter(low_pass(HIGH_CUT_HZ, sample_rate, 0.5), 2)
    sides = np.array([[_NEAR], [_FAR]], np.float32)
    gain = np.float32(min(0.9, max(0.0, feedback)))
    wet: Samples = np.zeros((2, min(delay_frames, frames)), np.float32)
    yield wet
    # Block by block of one delay's length: the echo of a block is complete before the next block needs it.
    for start, sent in zip(range(delay_frames, frames, delay_frames), in_blocks(bus, delay_frames), strict=False):
        count = min(delay_frames, frames - start)
        fresh = tone((sent[:1, :count] + sent[1:, :count]) * np.float32(0.5), start)
        wet = fresh * sides + darker(wet[::-1, :count], start) * gain
        yield wet
