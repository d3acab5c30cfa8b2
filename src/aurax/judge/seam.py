"""The seam of a loop: is the way from its last frame to its first like any other place in it?

Three questions, each answered by comparing the seam with the loop itself, so that drums may strike on the first beat
and sparse music may be silent before it: does the waveform step there, does the level fall into it as in a fade or a
gap, does it rise out of it as after one?
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aurax.audio.circle import around
from aurax.audio.waveform import Waveform

_NEAR_S = 0.02
_SILENT_STEP = 2e-3
"""Steps below −54 dBFS are masked by any music."""
_BLOCK_S = 0.005
_BLOCKS = 10
"""A fall or a rise is the way between a place and the outer half of the 50 ms next to it."""
_FLOOR_DB = -90.0
_APART_S = 0.15
"""So near to the seam nothing counts as elsewhere: a gap there has an end, too."""

Levels = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Seam:
    """What was measured at a seam.

    Args:
        step: from the last frame to the first, against the largest step within 20 ms around; 0 for steps that nobody
            can hear.
        fall_db: how far the level sinks from the 50 ms before the seam into the seam.
        deepest_fall_db: the same at the loop's place of deepest fall, away from the seam.
        rise_db: how far the level climbs from the seam into the 50 ms after it.
        steepest_rise_db: the same at the loop's place of steepest rise, away from the seam.
    """

    step: float
    fall_db: float
    deepest_fall_db: float
    rise_db: float
    steepest_rise_db: float


def measure_seam(loop: Waveform) -> Seam:
    """Measure one round of a loop.

    Args:
        loop: shape (channels, frames), 0.2 s or longer.
    """
    fall, rise = _falls_and_rises(loop)
    apart = min(round(_APART_S / _BLOCK_S), len(fall) // 3)
    elsewhere = slice(apart, len(fall) - apart + 1)
    return Seam(
        step_ratio(loop),
        float(fall[0]),
        float(fall[elsewhere].max(initial=0.0)),
        float(rise[0]),
        float(rise[elsewhere].max(initial=0.0)),
    )


def step_ratio(loop: Waveform) -> float:
    """The step from the last frame to the first, against the largest one within 20 ms around, over the channels."""
    reach = min(round(_NEAR_S * loop.sample_rate), loop.frames // 2)
    steps = np.abs(np.diff(around(loop.samples, -reach, 2 * reach), axis=1))
    at_seam = steps[:, reach - 1]
    largest = np.delete(steps, reach - 1, axis=1).max(axis=1, initial=0.0)
    if float(at_seam.max(initial=0.0)) < _SILENT_STEP:
        return 0.0
    return float((at_seam / np.maximum(largest, _SILENT_STEP)).max())


def _falls_and_rises(loop: Waveform) -> tuple[Levels, Levels]:
    """Fall into and rise out of a place every 5 ms around the loop, in dB; the first values are those of the seam."""
    block = round(_BLOCK_S * loop.sample_rate)
    count = max(2 * _BLOCKS, loop.frames // block)
    # Counted from the seam, so that it lies between two blocks.
    powers = _levels(around(loop.samples, -_BLOCKS * block, (count + 2 * _BLOCKS) * block), block)
    seams = _BLOCKS + np.arange(count)
    far = np.arange(_BLOCKS // 2, _BLOCKS)
    there = _decibels(np.minimum(powers[seams - 1], powers[seams]))
    fall = _decibels(powers[seams[:, None] - 1 - far].mean(axis=1)) - there
    rise = _decibels(powers[seams[:, None] + far].mean(axis=1)) - there
    return fall, rise


def _levels(samples: NDArray[np.float32], block: int) -> Levels:
    """Mean power of each block over the channels."""
    channels, frames = samples.shape
    blocks = samples[:, : frames // block * block].reshape(channels, -1, block)
    return np.asarray(np.einsum("ckh,ckh->k", blocks, blocks, dtype=np.float64) / (channels * block))


def _decibels(powers: Levels) -> Levels:
    return np.asarray(10.0 * np.log10(powers + 10.0 ** (_FLOOR_DB / 10.0)))
