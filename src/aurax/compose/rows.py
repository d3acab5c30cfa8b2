"""Rhythm rows: one character per 16th, such as `9..7--..8.......`.

A digit strikes with that strength (velocity = digit × 14), `-` holds what was struck, `.` rests. Rows may be several
bars long; bars that are shorter than 16 sixteenths take the first ones of each bar.
"""

from __future__ import annotations

from dataclasses import dataclass

from aurax.score.time import TICKS_PER_QUARTER, Meter

TICKS_PER_SIXTEENTH = TICKS_PER_QUARTER // 4
"""Ticks in a 16th note."""


@dataclass(frozen=True, slots=True)
class Strike:
    """One struck note of a row.

    Args:
        start_ticks: from the row's start.
        duration_ticks: until the hold ends.
        velocity: 1 to 127.
    """

    start_ticks: int
    duration_ticks: int
    velocity: int


def read_row(row: str, meter: Meter) -> tuple[tuple[Strike, ...], int]:
    """Read a row in a meter.

    Args:
        row: whole bars of 16 characters.
        meter: its bars may be shorter or longer than 16 sixteenths; longer ones repeat the row's start.

    Returns:
        The strikes, and the row's length in ticks.
    """
    steps = meter.sixteenths_per_bar
    bars = [row[place : place + 16] for place in range(0, len(row), 16)]
    fitted = "".join((bar * (steps // 16 + 1))[:steps] for bar in bars)
    strikes: list[Strike] = []
    for step, sign in enumerate(fitted):
        if not sign.isdigit() or sign == "0":
            continue
        end = step + 1
        while end < len(fitted) and fitted[end] == "-":
            end += 1
        length = (end - step) * TICKS_PER_SIXTEENTH
        strikes.append(Strike(step * TICKS_PER_SIXTEENTH, length, int(sign) * 14))
    return tuple(strikes), len(bars) * meter.ticks_per_bar
