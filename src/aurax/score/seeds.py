"""Seeded randomness: every random choice owns a named generator that can be replayed."""

from __future__ import annotations

import zlib

import numpy as np


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """Return the random generator of one choice.

    The same seed and names give the same stream on every machine; different names give independent streams,
    so that a change in one part of a song never shifts the random numbers of another.

    Args:
        seed: the take's seed, 0 or greater.
        names: what the generator is for, such as `"melody", "chorus", 2`.
    """
    words = [zlib.crc32(str(name).encode()) for name in names]
    return np.random.default_rng([seed, *words])
