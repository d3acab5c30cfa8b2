"""Drum parts: the song's beat laid out over a section, with variations, fills, crashes and drop-outs.

Source: docs/facts/drums.md#schedule and docs/facts/composition.md#transitions.
"""

from __future__ import annotations

from collections.abc import Mapping

from aurax.compose.context import PartContext
from aurax.compose.drum_grid import GHOST_DIGIT, LANE_ROLES, DrumStyle, Grid, digit_velocity, fit_row, personalise
from aurax.compose.dynamics import dynamic_level
from aurax.errors import InvalidOption
from aurax.score.instrument import InstrumentInfo
from aurax.score.plan import Section
from aurax.score.role import DRUM_ROLES, Role
from aurax.score.score import Note
from aurax.score.time import TICKS_PER_QUARTER

__all__ = ["DrumStyle", "drop_out_ticks", "write_drums"]

STEP_TICKS = TICKS_PER_QUARTER // 4
"""Ticks of a 16th."""

GATE_TICKS = STEP_TICKS // 2
"""Drums ring by themselves; the gate only has to open."""

STAND_INS: Mapping[str, str] = {"clap": "snare", "rim": "snare", "tom-mid": "tom-low", "tom-high": "tom-low"}
"""What plays a voice that a kit does not have; voices without a stand-in fall silent."""

GHOST_SHARE = 0.36
"""Ghost notes reach this share of the backbeat, which leaves room for groove below the audible bound of 45 %."""

CHORUS_NAMES = frozenset({"chorus", "drop", "hook"})
"""Sections that are arrived at."""


def write_drums(context: PartContext, style: DrumStyle, part_role: Role, kit: InstrumentInfo) -> tuple[Note, ...]:
    """Write one drum role of one section.

    Args:
        context: the section.
        style: the style's beat; the song's own embellishments are drawn from the plan's seed.
        part_role: `kick`, `snare` (with clap and rim), `hat` (with shaker and crash) or `perc` (toms).
        kit: the kit that plays, for the keys of its voices.

    Returns:
        The notes in order of time, then key; empty at energy 0.

    Raises:
        InvalidOption: the role is no drum role, or the instrument is no kit.
    """
    if part_role not in DRUM_ROLES:
        raise InvalidOption("a drum role", repr(part_role), f"choose among {', '.join(sorted(DRUM_ROLES))}")
    if not kit.is_kit:
        raise InvalidOption("a drum kit", repr(kit.name), "choose an instrument with drum voices")
    if context.section.energy <= 0:
        return ()
    song = personalise(style, context.plan)
    silent_from = _drop_out_ticks(context, song)
    struck: dict[tuple[int, int], int] = {}
    for bar in range(context.section.bars):
        start = context.start_ticks + context.grid.bars_to_ticks(bar)
        grid = _build_grid(context, song, bar) if _rolls(context, song) else _bar_grid(context, song, bar)
        for lane, row in grid.items():
            if LANE_ROLES.get(lane) != part_role:
                continue
            pitch = _pitch(kit, lane)
            if pitch is None:
                continue
            for step, velocity in _hits(fit_row(row, context.plan.meter), lane, song, context):
                tick = start + step * STEP_TICKS
                if silent_from is None or tick < silent_from:
                    struck[tick, pitch] = max(velocity, struck.get((tick, pitch), 0))
    return tuple(Note(tick, GATE_TICKS, pitch, velocity) for (tick, pitch), velocity in sorted(struck.items()))


def drop_out_ticks(context: PartContext, style: DrumStyle) -> int | None:
    """The tick from which this section falls silent before a chorus, for parts that want to stop with the drums.

    Returns:
        None where the song has no drop-out or the next section is no arrival.
    """
    return _drop_out_ticks(context, personalise(style, context.plan))


def _drop_out_ticks(context: PartContext, song: DrumStyle) -> int | None:
    following = _next_section(context)
    if not song.drop_out_steps or following is None or following.name not in CHORUS_NAMES:
        return None
    if following.energy < context.section.energy + 1 or context.section.bars < 2:
        return None
    return context.end_ticks - min(song.drop_out_steps, context.plan.meter.sixteenths_per_bar) * STEP_TICKS


def _next_section(context: PartContext) -> Section | None:
    after = context.section_index + 1
    return context.plan.sections[after] if after < len(context.plan.sections) else None


def _level(context: PartContext, bar: int) -> float:
    """Energy that decides what plays: the section's, moved by the density asked for, later passes and second halves."""
    level = context.section.energy + context.plan.character.density_percent / 20.0
    return level + 0.5 * min(context.pass_index, 1) + (0.5 if bar >= 8 else 0.0)


def _bar_grid(context: PartContext, song: DrumStyle, bar: int) -> Grid:
    """The rows of one bar of the section by the eight-bar schedule."""
    level = _level(context, bar)
    low = level < song.low_energy
    rows = dict(song.low if low else song.base)
    last = bar == context.section.bars - 1
    following = _next_section(context)
    if last and following is not None and context.section.bars >= 4:
        if not low or following.energy >= context.section.energy + 2:
            rows |= song.fills[context.section_index % len(song.fills)]
    elif not low and bar % 8 == 3:
        rows |= song.variation_a
    elif not low and bar % 8 == 7:
        rows |= song.variation_b
    percussion = {lane: row for lane, row in song.base.items() if LANE_ROLES.get(lane) == "perc"}
    rows = {lane: row for lane, row in rows.items() if level >= song.lane_energy.get(lane, 0.0)}
    # Where percussion plays at all the arrangement decides; in soft sections it keeps its figure.
    rows |= {lane: row for lane, row in percussion.items() if lane not in rows}
    if bar == 0 and _opens_with_crash(context, song):
        rows["crash"] = "8" + "." * 15
    return rows


def _opens_with_crash(context: PartContext, song: DrumStyle) -> bool:
    if context.section.energy < song.crash_energy or context.section_index == 0:
        return False
    return context.plan.sections[context.section_index - 1].energy < context.section.energy


def _rolls(context: PartContext, song: DrumStyle) -> bool:
    return song.build_roll and context.section.name == "build" and context.section.bars >= 2


def _build_grid(context: PartContext, song: DrumStyle, bar: int) -> Grid:
    """A build: snare in quarters, 8ths, then 16ths (half, quarter, quarter of it), the kick gone for the last bar."""
    bars = context.section.bars
    progress = bar / bars
    loudness = str(min(8, 4 + int(5 * progress)))
    every = 4 if progress < 0.5 else 2 if progress < 0.75 else 1
    roll = "".join(loudness if step % every == 0 else "." for step in range(16))
    rows = {song.ghost_lane: roll}
    if bar < bars - 1:
        rows |= {lane: song.base[lane] for lane in ("kick", "closed-hat") if lane in song.base}
    return rows


def _pitch(kit: InstrumentInfo, lane: str) -> int | None:
    names = {drum.name: drum.pitch for drum in kit.drum_voices}
    return names.get(lane, names.get(STAND_INS.get(lane, "")))


def _hits(row: str, lane: str, song: DrumStyle, context: PartContext) -> list[tuple[int, int]]:
    """Steps and velocities of a row; ghosts are capped against the backbeat and fall silent at low energy."""
    scale = min(1.05, 0.82 + 0.025 * dynamic_level(context.section.energy))
    loudest = max((digit_velocity(char) for char in row), default=0)
    hits = []
    for step, char in enumerate(row):
        velocity = digit_velocity(char)
        if not velocity:
            continue
        if LANE_ROLES[lane] == "snare" and velocity <= GHOST_DIGIT * 14 < loudest:
            if context.section.energy < song.ghost_energy:
                continue
            velocity = min(velocity, int(GHOST_SHARE * loudest))
        hits.append((step, max(1, min(127, round(velocity * scale)))))
    return hits
