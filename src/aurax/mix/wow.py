"""Tape wow and flutter: the pitch breathes by a few cents, the same on every pitched stem, as if from one tape."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from aurax.audio.waveform import Samples
from aurax.mix.control import CONTROL_FRAMES

_WOW_HZ = (0.43, 0.71)
_FLUTTER_HZ = 7.3
_FLUTTER_SHARE = 0.12
"""Depth of the flutter against the wow; ears are most sensitive to it, decks have little."""


def wow_delays(
    frames: int, sample_rate: int, cents: float, *, loop_frames: int = 0, start_frame: int = 0
) -> NDArray[np.float64]:
    """How late the tape plays, in frames, at every 48th frame; never negative.

    Args:
        frames: length of the song.
        sample_rate: in hertz.
        cents: highest deviation of the pitch.
        loop_frames: length of a loop, after which the tape is where it was; 0 for a song that ends.
        start_frame: first frame, counted from the start of the song or of a round.
    """
    seconds = np.arange(-(-frames // CONTROL_FRAMES) + 1) * (CONTROL_FRAMES / sample_rate)
    if start_frame:
        seconds += start_frame / sample_rate
    deviation = 2.0 ** (cents / 1200.0) - 1.0
    parts = [(_WOW_HZ[0], 0.6, 0.0), (_WOW_HZ[1], 0.4 - _FLUTTER_SHARE, 1.1), (_FLUTTER_HZ, _FLUTTER_SHARE, 2.3)]
    delay_s = np.zeros_like(seconds)
    for hz, share, phase in parts:
        if loop_frames:
            # Whole turns in a round, as many as come nearest.
            hz = max(1, round(hz * loop_frames / sample_rate)) * sample_rate / loop_frames
        # A delay of a/(2πf)·sin changes the speed by at most a.
        delay_s += share * deviation / (2 * math.pi * hz) * (1.0 + np.sin(2 * math.pi * hz * seconds + phase))
    return delay_s * sample_rate


def reach_frames(delays: NDArray[np.float64]) -> int:
    """How far before a stretch its sound may come from."""
    return int(delays.max(initial=0.0)) + 3


def play_late(samples: Samples, delays: NDArray[np.float64], start: int, stop: int, *, first_frame: int = 0) -> Samples:
    """Frames `start` to `stop` as the tape plays them, interpolated with a cubic through four samples.

    Args:
        samples: the stem, shape (channels, frames), at least from `reach_frames` before `start` to 3 after `stop`.
        delays: what `wow_delays` returned for the whole stem.
        start: first frame, a multiple of 48.
        stop: frame after the last.
        first_frame: where in the stem `samples` begins.
    """
    first = start // CONTROL_FRAMES
    count = -(-(stop - start) // CONTROL_FRAMES)
    ramp = np.arange(CONTROL_FRAMES) / CONTROL_FRAMES
    edges = delays[first : first + count + 1]
    delay = (edges[:-1, None] + np.diff(edges)[:, None] * ramp).reshape(-1)[: stop - start]
    position = np.arange(start, stop) - delay
    whole = np.floor(position)
    t = (position - whole).astype(np.float32)
    low = max(0, int(whole.min()) - 1)
    index = whole.astype(np.int64) - low
    end = first_frame + samples.shape[1]
    high = min(end, int(whole.max()) + 3)
    left = max(0, 1 + low - int(whole.min()))
    right = max(0, int(whole.max()) + 3 - end)
    source = np.pad(samples[:, low - first_frame : high - first_frame], ((0, 0), (left, right)))
    index += left
    # Indices are inside by construction; "clip" spares the check of each.
    before, here, after, beyond = (np.take(source, index + step, axis=1, mode="clip") for step in (-1, 0, 1, 2))
    c1 = (after - before) * np.float32(0.5)
    c2 = before - here * np.float32(2.5) + after * np.float32(2.0) - beyond * np.float32(0.5)
    c3 = (beyond - before) * np.float32(0.5) + (here - after) * np.float32(1.5)
    played: Samples = ((c3 * t + c2) * t + c1) * t + here
    return played
