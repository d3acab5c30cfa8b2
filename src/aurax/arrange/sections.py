"""Sections: where a piece changes, heard bar by bar.

A checkerboard kernel slides along the bars' self-similarity; its peaks are boundaries.

Source: J. Foote, Automatic Audio Segmentation Using a Measure of Audio Novelty, ICME 2000.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aurax.arrange.hearing import Heard

Table = NDArray[np.float64]
Curve = NDArray[np.float64]

_HALF_KERNEL_BARS = 4
_LEAST_BARS = 2
_CHROMA_WEIGHT, _TIMBRE_WEIGHT, _LOUDNESS_WEIGHT = 0.6, 1.0, 1.0
_LOUDNESS_STEP_LU = 3.0
"""A difference that counts as much as one of timbre by a standard deviation of music."""
_TIMBRE_STEP = 0.35
_ROUND_BARS = 4


def bar_features(heard: Heard) -> Table:
    """What each bar sounds like, scaled so that distances around 1 and more are heard as another section.

    Chroma is averaged over the round of four bars, so that a chord progression does not count as change.
    """
    chroma = _averaged(heard.chroma_by_bar + 0.5 * heard.bass_chroma_by_bar) * 6.0
    timbre = heard.timbre_by_bar / _TIMBRE_STEP / np.sqrt(max(1, heard.timbre_by_bar.shape[1]))
    loudness = np.maximum(heard.loudness_by_bar, -50.0)[:, None] / _LOUDNESS_STEP_LU
    return np.hstack([_CHROMA_WEIGHT * chroma, _TIMBRE_WEIGHT * timbre, _LOUDNESS_WEIGHT * loudness])


def novelty(features: Table) -> Curve:
    """How much the music changes at the start of each bar, 0 to 1; 0 for the first bar.

    Args:
        features: from `bar_features`.
    """
    bars = len(features)
    distances = np.linalg.norm(features[:, None, :] - features[None, :, :], axis=2)
    likeness = np.exp(-distances)
    curve = np.zeros(bars)
    for bar in range(1, bars):
        half = min(_HALF_KERNEL_BARS, bar, bars - bar)
        if half < _LEAST_BARS:
            continue
        # Nearness to the boundary weighs: a Gaussian taper (Foote 2000, figure 3).
        taper = np.exp(-0.5 * ((np.arange(half) + 0.5) / (0.7 * _HALF_KERNEL_BARS)) ** 2)
        before, after = np.arange(bar - half, bar), np.arange(bar, bar + half)
        left, right = np.outer(taper[::-1], taper[::-1]), np.outer(taper, taper)
        across = np.outer(taper[::-1], taper)
        within = (likeness[np.ix_(before, before)] * left).sum() / left.sum()
        within += (likeness[np.ix_(after, after)] * right).sum() / right.sum()
        curve[bar] = max(0.0, 0.5 * within - (likeness[np.ix_(before, after)] * across).sum() / across.sum())
    return curve


def _averaged(table: Table) -> Table:
    """Each row's mean with its neighbours over a round of bars, held at both ends."""
    if len(table) < _ROUND_BARS:
        return np.broadcast_to(table.mean(axis=0), table.shape).copy()
    heap = np.vstack([np.zeros(table.shape[1]), np.cumsum(table, axis=0)])
    means = (heap[_ROUND_BARS:] - heap[:-_ROUND_BARS]) / _ROUND_BARS
    starts = np.clip(np.arange(len(table)) // _ROUND_BARS * _ROUND_BARS, 0, len(means) - 1)
    return np.asarray(means[starts])
