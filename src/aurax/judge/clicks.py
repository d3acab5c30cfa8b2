"""Clicks: single steps in the waveform that nothing around them explains."""

from __future__ import annotations

import numpy as np

from aurax.audio.waveform import Samples

_BLOCK_FRAMES = 256
_LEAST_STEP = 0.06
"""Smaller steps are masked by the music (−24 dBFS)."""
_PROMINENCE = 10.0
"""How many times the step must exceed the steps around it; the attack of a hat goes on for hundreds of frames."""
_NEAR_FRAMES = 3
_MOST_CANDIDATES = 4000


def click_frames(mono: Samples) -> tuple[int, ...]:
    """Find isolated steps.

    Args:
        mono: float32, shape (frames,).

    Returns:
        Frames of the clicks, in order, at most one in 256 frames.
    """
    if mono.size < 4 * _BLOCK_FRAMES:
        return ()
    blocks = (mono.size - 1) // _BLOCK_FRAMES
    steps = np.diff(mono[: blocks * _BLOCK_FRAMES + 1])
    np.abs(steps, out=steps)
    table = steps.reshape(blocks, _BLOCK_FRAMES)
    peaks = table.max(axis=1)
    candidates = np.flatnonzero(peaks > _LEAST_STEP)
    # The crest test on the block alone weeds out all but isolated steps and attacks near a block's edge.
    power = np.einsum("bf,bf->b", table[candidates], table[candidates]) / _BLOCK_FRAMES
    candidates = candidates[peaks[candidates] ** 2 > 36.0 * power][:_MOST_CANDIDATES]
    found = []
    for block in candidates:
        place = int(block) * _BLOCK_FRAMES + int(table[block].argmax())
        before = steps[max(0, place - _BLOCK_FRAMES // 2) : max(0, place - _NEAR_FRAMES)]
        after = steps[place + _NEAR_FRAMES + 1 : place + _BLOCK_FRAMES // 2]
        loudest = max(_rms(before), _rms(after))
        if steps[place] > _PROMINENCE * loudest:
            found.append(place)
    return tuple(found)


def _rms(values: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(values)))) if values.size else 0.0
