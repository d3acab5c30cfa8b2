"""Control rate: curves known every 48 frames and drawn as straight lines between.

Compressors, lanes and the limiter think at this rate (1 ms at 48 kHz), which is fine enough to sound continuous and
a hundred times cheaper than thinking at every frame. Audio passes through in chunks that fit the processor's cache.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from aurax.audio.waveform import Samples

Curve = NDArray[np.float32]
"""float32, one dimension: a gain or a level over time."""

CONTROL_FRAMES = 48
"""Frames between two values of a control curve."""

CHUNK_FRAMES = CONTROL_FRAMES * 1024
"""Frames that are processed at once: 0.4 MB of stereo, inside the cache."""

_RAMP = np.arange(CONTROL_FRAMES, dtype=np.float32) / np.float32(CONTROL_FRAMES)


class Stage(Protocol):
    """One step of a strip: takes chunk after chunk and remembers what it must."""

    def __call__(self, chunk: Samples, start_frame: int, /) -> Samples:
        """Process the next chunk of shape (channels, frames), which starts at a frame of the song."""
        ...


def control_points(frames: int) -> int:
    """How many control values span a number of frames, both ends included."""
    return -(-frames // CONTROL_FRAMES) + 1


def draw(values: Curve, frames: int) -> Curve:
    """Straight lines between control values.

    Args:
        values: `control_points(frames)` values, the first for frame 0.
        frames: length of the result.

    Returns:
        float32, shape (frames,).
    """
    steps = np.diff(values)[:, None] * _RAMP + values[:-1, None]
    return steps.reshape(-1)[:frames]


def draw_or_hold(values: Curve, frames: int) -> Curve | np.float32:
    """As `draw`, or a plain number where nothing moves."""
    if np.all(values == values[0]):
        return np.float32(values[0])
    return draw(values, frames)


def control_powers(samples: Samples) -> NDArray[np.float32]:
    """Mean power of each 48-frame block, averaged over the channels; the last block may be short."""
    channels, frames = samples.shape
    blocks = frames // CONTROL_FRAMES
    whole = samples[:, : blocks * CONTROL_FRAMES].reshape(channels, blocks, CONTROL_FRAMES)
    powers = np.einsum("ckh,ckh->k", whole, whole) / np.float32(CONTROL_FRAMES * channels)
    rest = samples[:, blocks * CONTROL_FRAMES :]
    if rest.size:
        powers = np.append(powers, np.mean(np.square(rest), dtype=np.float32))
    return np.asarray(powers, np.float32)


def to_gain(decibels: float) -> float:
    """Amplitude factor of a number of decibels."""
    return float(10.0 ** (decibels / 20.0))
