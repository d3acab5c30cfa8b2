"""The grid of 24-bit files, and a soft ceiling for what is on it."""

from __future__ import annotations

import numpy as np

from aurax.audio.waveform import Samples

_GRID = np.float32(1 << 23)
_KNEE = 0.75
"""Where the soft corner begins, as a share of the highest sample."""


def bend_peaks(samples: Samples, ceiling: float) -> None:
    """Bend peaks softly below a ceiling, in place; nothing below three quarters of it changes."""
    knee, room = np.float32(_KNEE * ceiling), np.float32((1.0 - _KNEE) * ceiling)
    if samples.max(initial=0.0) <= knee and samples.min(initial=0.0) >= -knee:
        return
    size = np.abs(samples)
    bent = knee + room * np.tanh((size - knee) / room)
    np.copysign(np.where(size > knee, bent, size), samples, out=samples)


def to_grid(samples: Samples) -> None:
    """Round to 24 bits, in place."""
    samples *= _GRID
    np.rint(samples, out=samples)
    samples *= np.float32(1.0 / float(_GRID))
