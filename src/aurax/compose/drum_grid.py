"""Drum grids: rows of 16ths as text, fitted to the meter, and the seeded embellishments that make one song's own beat.

A row has one character for each 16th: a digit is velocity / 14 (9 is 126, 2 is 28), a dot rests. A grid maps drum
voices to rows.

Source: docs/facts/drums.md#grids, docs/facts/drums.md#schedule and docs/facts/drums.md#hit-statistics.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from aurax.errors import InvalidOption
from aurax.score.plan import Plan
from aurax.score.role import Role
from aurax.score.seeds import generator
from aurax.score.time import Meter

Grid = Mapping[str, str]
"""Drum voice (`kick`, `snare`, `clap`, `rim`, `closed-hat`, ...) to a row of 16 characters."""

STEPS = 16
"""16ths in a row as styles write it, whatever the song's meter."""

GHOST_DIGIT = 3
"""Snare hits of this digit or less are ghost notes."""


LANE_ROLES: Mapping[str, Role] = {
    "kick": "kick", "snare": "snare", "clap": "snare", "rim": "snare", "closed-hat": "hat", "open-hat": "hat",
    "shaker": "perc", "crash": "hat", "tom-low": "perc", "tom-mid": "perc", "tom-high": "perc",
}  # fmt: skip
"""Which role plays a voice."""


@dataclass(frozen=True)
class DrumStyle:
    """How a style drums.

    Args:
        base: the beat of bars 1–3 and 5–7 of eight.
        low: plays instead of `base` below `low_energy`: half-time, few hats.
        variation_a: rows that replace those of the base in bar 4.
        variation_b: rows that replace those of the base in bar 8.
        fills: alternatives of the last bar before a new section; a song uses up to two.
        lane_energy: the energy from which a voice plays; voices not named always play.
        kick_extras: 16ths (from 0) where a song may add a soft kick of its own.
        ghost_steps: 16ths where a song may add ghost notes.
        ghost_lane: the voice that plays them.
        hat_rows: closed-hat rows, one of which becomes the song's.
        perc_grids: additions, one of which becomes the song's.
        low_energy: below it `low` plays.
        ghost_energy: from it ghost notes play.
        crash_energy: sections of at least this energy that rise above the one before open with a crash.
        drop_out_steps: 16ths of silence before a chorus; 0 for never.
        drop_out_share: chance that a song uses the drop-out.
        build_roll: whether sections named `build` roll the snare from quarters to 16ths.
    """

    base: Grid
    low: Grid
    variation_a: Grid
    variation_b: Grid
    fills: tuple[Grid, ...]
    lane_energy: Mapping[str, float] = field(default_factory=dict)
    kick_extras: tuple[int, ...] = ()
    ghost_steps: tuple[int, ...] = ()
    ghost_lane: str = "snare"
    hat_rows: tuple[str, ...] = ()
    perc_grids: tuple[Grid, ...] = ({},)
    low_energy: float = 4.0
    ghost_energy: float = 5.0
    crash_energy: float = 7.0
    drop_out_steps: int = 0
    drop_out_share: float = 1.0
    build_roll: bool = False

    def __post_init__(self) -> None:
        grids = (self.base, self.low, self.variation_a, self.variation_b, *self.fills, *self.perc_grids)
        rows = [row for grid in grids for row in grid.values()] + list(self.hat_rows)
        for row in rows:
            if len(row) != STEPS or not set(row) <= set(".123456789"):
                raise InvalidOption("a drum row of 16 digits and dots", repr(row), "write one character per 16th")
        if not self.fills or not self.perc_grids:
            raise InvalidOption("at least one fill and one percussion grid", "none", "use ({},) for none")


def fit_row(row: str, meter: Meter) -> str:
    """Fit a row of 16 steps to a bar of the meter.

    The bar keeps its beginning and its last beat, where fills and pickups are: in 3/4 the third beat of four goes,
    which leaves kick on 1 and backbeat on 2 and 3. In 6/8 the first two beats stretch to dotted quarters.
    """
    steps = meter.sixteenths_per_bar
    if meter.denominator == 8 and meter.numerator == 6:
        return row[0:4] + row[2:4] + row[4:8] + row[6:8]
    if steps <= 4:
        return row[:steps]
    return (row * (steps // STEPS + 1))[: steps - 4] + row[-4:]


def digit_velocity(digit: str) -> int:
    """Velocity of a grid character; 0 for a rest."""
    return 0 if digit == "." else int(digit) * 14


def personalise(style: DrumStyle, plan: Plan) -> DrumStyle:
    """Draw one song's own beat from a style: kick and ghost placings, hat row, percussion, order of variations, fills.

    The draw depends on the song's seed alone, so that every section of a song shares its beat.
    """
    rng = generator(plan.seed, "drums", "beat")
    density = 1.0 + plan.character.density_percent / 100.0
    base = dict(style.base)
    if style.hat_rows:
        base["closed-hat"] = style.hat_rows[int(rng.integers(len(style.hat_rows)))]
    kicks = _draw(rng, style.kick_extras, round(int(rng.integers(0, 3)) * density))
    ghosts = _draw(rng, style.ghost_steps, round(int(rng.integers(0, 4)) * density))
    base.update(_draw_percussion(rng, style, plan))
    base["kick"] = _add(base.get("kick", "." * STEPS), kicks, "5")
    ghost_row = base.get(style.ghost_lane, "." * STEPS)
    base[style.ghost_lane] = _add(ghost_row, ghosts, "2")
    first, second = style.variation_a, style.variation_b
    if rng.random() < 0.5:
        first, second = second, first
    order = rng.permutation(len(style.fills))[:2]
    drops = style.drop_out_steps if rng.random() < style.drop_out_share else 0
    return replace(
        style,
        base=base,
        variation_a=first,
        variation_b=second,
        fills=tuple(style.fills[int(place)] for place in order),
        drop_out_steps=drops,
    )


def _draw_percussion(rng: np.random.Generator, style: DrumStyle, plan: Plan) -> Grid:
    """A song with a percussionist has something for him to play."""
    has_part = any(part.role == "perc" for part in plan.parts)
    grids = [grid for grid in style.perc_grids if not has_part or any(LANE_ROLES.get(lane) == "perc" for lane in grid)]
    grids = grids or list(style.perc_grids)
    return grids[int(rng.integers(len(grids)))]


def _draw(rng: np.random.Generator, steps: tuple[int, ...], count: int) -> tuple[int, ...]:
    """Up to `count` different steps."""
    order = rng.permutation(len(steps))[: max(0, count)]
    return tuple(steps[int(place)] for place in order)


def _add(row: str, steps: tuple[int, ...], digit: str) -> str:
    """The row with a digit at those of the steps that rest."""
    return "".join(digit if place in steps and char == "." else char for place, char in enumerate(row))
