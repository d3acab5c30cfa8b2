"""Tonality: how clearly a progression establishes its key."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from aurax.score.chord import Chord
from aurax.score.key import MODES, Key

CLEAR_LEAD = 0.1
"""A lead that listeners and key finders agree on."""

LEAST_ROOTLESS = 4
"""Notes from which a chord is voiced without its root: its ninth then sounds like another chord's seventh."""


def tonal_lead(chords: Sequence[Chord], key: Key) -> float:
    """How much better a key fits a progression than the same mode on any other tonic.

    Args:
        chords: of equal length.
        key: what the progression should establish.

    Returns:
        Correlation of the pitch classes with the key's template, less the best correlation among the other eleven
        tonics. Rich chords count without their roots, and every bass note once.

    Source: Krumhansl (1990), the correlation method of key finding, with a plain template.
    """
    profile = np.zeros(12)
    for chord in chords:
        rich = len(chord.pitch_classes) >= LEAST_ROOTLESS
        for pitch_class in chord.pitch_classes:
            profile[pitch_class] += 0.0 if rich and pitch_class == chord.root_pitch_class else 1.0
        profile[chord.bass_pitch_class] += 1.0
    fits = _templates(key.mode) @ (profile - profile.mean()) / max(float(np.std(profile)), 1e-9)
    own = float(fits[key.tonic_pitch_class])
    fits[key.tonic_pitch_class] = -np.inf
    return own - float(fits.max())


@cache
def _templates(mode: str) -> npt.NDArray[np.float64]:
    """The mode's template on all twelve tonics, each with zero mean and unit power over twelve pitch classes."""
    template = np.ones(12)
    for degree, step in enumerate(MODES[mode]):
        template[step] = {0: 6.0, 2: 4.5, 4: 4.5}.get(degree, 3.0)
    template = (template - template.mean()) / (12.0 * np.std(template))
    return np.stack([np.roll(template, tonic) for tonic in range(12)])
