"""How threads of numeric libraries wait for each other: asleep, so that others can work meanwhile."""

from __future__ import annotations

import os

_SPINS = "1000"


def wait_asleep() -> None:
    """Let OpenMP's threads sleep soon after they run out of work, unless the environment says otherwise.

    By default they spin for milliseconds. Where songs, renderers and engines share few cores, that takes the cores from
    those who have work: measured on two busy cores, a separation took ten times as long. Call it before torch is
    imported, because the library reads it once.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)
