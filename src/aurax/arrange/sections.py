"""Sections: where a piece changes, heard bar by bar.

A checkerboard kernel slides along the bars' self-similarity; its peaks are boundaries. Sections get their form words
by energy and place. Source: J. Foote, Automatic Audio Segmentation Using a Measure of Audio Novelty, ICME 2000.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from aurax.arrange.hearing import Heard
from aurax.score.plan import Section

Table = NDArray[np.float64]
Curve = NDArray[np.float64]

_HALF_KERNEL_BARS = 4
_LEAST_BARS = 2
_LEAST_PEAK = 0.12
"""Novelty of a boundary; 1 means that nothing before resembles anything after."""
_CHROMA_WEIGHT, _TIMBRE_WEIGHT, _LOUDNESS_WEIGHT = 0.6, 1.0, 1.0
_LOUDNESS_STEP_LU = 3.0
"""A difference that counts as much as one of timbre by a standard deviation of music."""
_TIMBRE_STEP = 0.35
_LOUDEST_ENERGY, _ENERGY_PER_LU = 8.5, 0.45
_CALM, _HIGH = 4.5, 7.5
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


def find_boundaries(curve: Curve) -> tuple[int, ...]:
    """Bars at which sections start, 0 included: peaks of the novelty, at least two bars apart.

    Args:
        curve: from `novelty`.
    """
    order = [int(bar) for bar in np.argsort(-curve, kind="stable") if curve[bar] >= _LEAST_PEAK]
    chosen = [0]
    for bar in order:
        is_peak = curve[bar] >= curve[max(0, bar - 1) : bar + 2].max()
        if is_peak and all(abs(bar - other) >= _LEAST_BARS for other in chosen):
            chosen.append(bar)
    return tuple(sorted(chosen))


def find_sections(heard: Heard) -> tuple[Section, ...]:
    """The piece's own sections, named by energy and place; empty for audio without a whole bar."""
    if not heard.bars:
        return ()
    starts = (*find_boundaries(novelty(bar_features(heard))), heard.bars)
    energies = section_energies(heard.loudness_by_bar, starts)
    return tuple(
        Section(name=name, start_bar=start, bars=stop - start, energy=energy, parts=())
        for name, start, stop, energy in zip(_names(energies), starts[:-1], starts[1:], energies, strict=True)
    )


def section_energies(loudness: Curve, starts: Sequence[int]) -> tuple[float, ...]:
    """Energy of each section from its loudness against the loudest.

    Args:
        loudness: in LUFS, bar by bar.
        starts: first bar of each section, and the end of the last one.
    """
    levels = [
        10.0 * float(np.log10(np.mean(10.0 ** (loudness[start:stop] / 10.0))))
        for start, stop in itertools.pairwise(starts)
    ]
    loudest = max(levels)
    return tuple(round(max(0.5, _LOUDEST_ENERGY - _ENERGY_PER_LU * (loudest - level)), 2) for level in levels)


def _names(energies: Sequence[float]) -> list[str]:
    names = []
    last = len(energies) - 1
    for index, energy in enumerate(energies):
        if energy >= _HIGH:
            name = "chorus"
        elif index == 0 and last > 0:
            name = "intro"
        elif index == last and last > 0:
            name = "outro"
        elif energy < _CALM:
            name = "break"
        elif energies[index - 1] < energy < energies[index + 1] if 0 < index < last else False:
            name = "build"
        else:
            name = "verse"
        names.append(name)
    return names


def _averaged(table: Table) -> Table:
    """Each row's mean with its neighbours over a round of bars, held at both ends."""
    if len(table) < _ROUND_BARS:
        return np.broadcast_to(table.mean(axis=0), table.shape).copy()
    heap = np.vstack([np.zeros(table.shape[1]), np.cumsum(table, axis=0)])
    means = (heap[_ROUND_BARS:] - heap[:-_ROUND_BARS]) / _ROUND_BARS
    starts = np.clip(np.arange(len(table)) // _ROUND_BARS * _ROUND_BARS, 0, len(means) - 1)
    return np.asarray(means[starts])
