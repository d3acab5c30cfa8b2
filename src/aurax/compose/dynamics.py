"""Dynamics: how a section's energy becomes velocity."""

from __future__ import annotations

import math

STEP = 2.0
"""Energies within this much of each other are played equally hard."""


def dynamic_level(energy: float) -> float:
    """Energy in steps of two: 0.5–2.5 counts as 1.5, 2.5–4.5 as 3.5, and so on.

    A second verse that is planned half a point above the first adds voices, not force: its bars stay equal to the
    first verse's to the last bit, so their rendered clips serve again.

    Args:
        energy: 0 to 10.
    """
    return STEP * math.floor((energy - 0.5) / STEP) + 0.5 + STEP / 2
