"""Automation: how the mix moves with the form.

Everything here moves the strips of the mix, never the notes, so that rendered clips stay reusable.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from aurax.score.plan import Part, Plan, Section
from aurax.score.role import DRUM_ROLES, Role
from aurax.score.score import AutomationLane, LaneParameter
from aurax.score.sound import sound_of

OPEN_HZ = 20000.0
"""A lowpass that lets everything through."""
CLOSED_HZ = 20.0
"""A highpass that lets everything through."""
SILENT_DB = -72.0
"""The end of a fade."""

BED_ROLES: frozenset[Role] = frozenset({"fx", "texture"})
"""Roles that are under everything at one level."""
UNKNOWN_ROLE_LU = -12.0
"""Where a role is that the profile does not name."""
LOWEST_SECTION_LU = -6.0
"""How much quieter than the fullest section any other is meant to be at most."""
LOWEST_FADER_DB, HIGHEST_FADER_DB = -5.0, 3.0
"""Furthest that a section's faders move."""

Point = tuple[int, float]


@dataclass(frozen=True)
class AutomationStyle:
    """How far a style's mix moves.

    Args:
        level_per_energy_db: how much quieter a section is meant to be per point of energy below the song's fullest
            one. What fewer parts already take away counts; the faders give or take the rest.
        reference_energy: the energy from which pads, chords and arps are widened.
        filter_in_roles: roles that open from `filter_in_hz` over the intro.
        filter_in_hz: where the filter starts.
        break_lowpass_hz: lowpass of those roles in breaks, opening toward the end; none for no filter.
        build_highpass_hz: highpass that drums, bass and chords reach at the end of a build; none for no filter.
        chorus_width_percent: widening of pads, chords and arps in sections of at least the reference energy.
        throw_db: how far the lead's delay send rises at phrase ends; 0 for no throws.
        swell_db: depth of the pad's swell over every four bars; 0 for none.
        fade_s: length of a fade-out.
        role_level_db: level offsets by section name and role, such as softer drums in an outro.
    """

    level_per_energy_db: float = 0.35
    reference_energy: float = 8.0
    filter_in_roles: tuple[Role, ...] = ()
    filter_in_hz: float = 500.0
    break_lowpass_hz: float | None = None
    build_highpass_hz: float | None = None
    chorus_width_percent: float = 0.0
    throw_db: float = 0.0
    swell_db: float = 0.0
    fade_s: float = 10.0
    role_level_db: Mapping[str, Mapping[Role, float]] = field(default_factory=dict)


def write_lanes(plan: Plan, part: Part, style: AutomationStyle) -> tuple[AutomationLane, ...]:
    """Write the automation of one part's strip.

    Args:
        plan: sections, energies and ending.
        part: whose strip.
        style: how far things move.

    Returns:
        Only lanes that move; points in strictly rising order.
    """
    lanes: list[AutomationLane] = []
    _add(lanes, "level_db", _level_points(plan, part, style), neutral=0.0)
    _add(lanes, "lowpass_hz", _lowpass_points(plan, part, style), neutral=OPEN_HZ)
    _add(lanes, "highpass_hz", _highpass_points(plan, part, style), neutral=CLOSED_HZ)
    _add(lanes, "width_percent", _width_points(plan, part, style), neutral=100.0)
    _add(lanes, "delay_send_db", _throw_points(plan, part, style), neutral=0.0)
    _add(lanes, "reverb_send_db", _space_points(plan, part), neutral=0.0)
    return tuple(lanes)


def _add(lanes: list[AutomationLane], parameter: LaneParameter, points: list[Point], neutral: float) -> None:
    curve = dict(points)
    if any(value != neutral for value in curve.values()):
        rounded = tuple((tick, round(value, 3)) for tick, value in sorted(curve.items()))
        lanes.append(AutomationLane(parameter, rounded))


def _ramp_ticks(plan: Plan) -> int:
    """Time in which a setting moves at a joint: a 16th, short enough to be felt as the joint itself."""
    return plan.meter.ticks_per_beat // 4


def _stepped(plan: Plan, values: list[float]) -> list[Point]:
    """One value per section, moved within a 16th before each joint."""
    points: list[Point] = []
    for section, value in zip(plan.sections, values, strict=True):
        start, end = _bounds(plan, section)
        points += [(start, value), (max(start + 1, end - _ramp_ticks(plan)), value)]
    return points


def _bounds(plan: Plan, section: Section) -> tuple[int, int]:
    return plan.grid.bars_to_ticks(section.start_bar), plan.grid.bars_to_ticks(section.end_bar)


def _level_points(plan: Plan, part: Part, style: AutomationStyle) -> list[Point]:
    if part.role in BED_ROLES:
        values = [0.0 for _ in plan.sections]
    else:
        values = [
            level + style.role_level_db.get(section.name, {}).get(part.role, 0.0)
            for section, level in zip(plan.sections, section_levels_db(plan, style), strict=True)
        ]
    points = _stepped(plan, values)
    if part.role == "pad" and style.swell_db > 0:
        points = _swelled(plan, values, style.swell_db)
    if plan.ending == "fade":
        points = _faded(plan, points, style.fade_s)
    return points


def section_levels_db(plan: Plan, style: AutomationStyle) -> tuple[float, ...]:
    """How far the faders of each section move, so that loudness follows energy rather than the number of parts.

    The loudness of a section is foreseen from the levels at which the profile sets its roles.

    Returns:
        One offset a section; 0 for the most energetic one.
    """
    fullest = max(plan.sections, key=lambda section: (section.energy, len(section.parts)))
    reference = _foreseen_lu(plan, fullest)
    levels = []
    for section in plan.sections:
        target = max(LOWEST_SECTION_LU, (section.energy - fullest.energy) * style.level_per_energy_db)
        levels.append(max(LOWEST_FADER_DB, min(HIGHEST_FADER_DB, target - (_foreseen_lu(plan, section) - reference))))
    return tuple(levels)


def _foreseen_lu(plan: Plan, section: Section) -> float:
    roles = {part.name: part.role for part in plan.parts}
    playing = dict.fromkeys(roles[name] for name in section.parts if name in roles and roles[name] not in BED_ROLES)
    levels = sound_of(plan).role_level_lu
    power = sum(10.0 ** (levels.get(role, UNKNOWN_ROLE_LU) / 10.0) for role in playing)
    return 10.0 * math.log10(max(power, 1e-6))


def _swelled(plan: Plan, values: list[float], depth_db: float) -> list[Point]:
    points: list[Point] = []
    for section, value in zip(plan.sections, values, strict=True):
        for bar in range(section.start_bar, section.end_bar, 4):
            bars = min(4, section.end_bar - bar)
            points.append((plan.grid.bars_to_ticks(bar), value - depth_db))
            points.append((plan.grid.bars_to_ticks(bar + bars * 0.6), value))
    return points


def _faded(plan: Plan, points: list[Point], fade_s: float) -> list[Point]:
    end = plan.grid.s_to_ticks(plan.duration_s)
    start = max(0, plan.grid.s_to_ticks(plan.duration_s - min(fade_s, plan.duration_s * 0.25)))
    before = [point for point in points if point[0] < start]
    level = before[-1][1] if before else 0.0
    # Convex in decibels: slow at first, as a hand on a fader moves.
    shape = ((0.0, 0.0), (0.35, -5.0), (0.7, -16.0), (0.9, -34.0), (1.0, SILENT_DB))
    return before + [(start + round((end - start) * place), level + fall) for place, fall in shape]


def _lowpass_points(plan: Plan, part: Part, style: AutomationStyle) -> list[Point]:
    points: list[Point] = []
    for index, section in enumerate(plan.sections):
        start, end = _bounds(plan, section)
        closing = end - _ramp_ticks(plan)
        if index == 0 and section.name == "intro" and part.role in style.filter_in_roles:
            points += [(start, style.filter_in_hz), (closing, OPEN_HZ)]
        elif section.name == "break" and style.break_lowpass_hz and part.role in style.filter_in_roles:
            points += [
                (start, style.break_lowpass_hz),
                (start + (end - start) // 2, style.break_lowpass_hz),
                (closing, OPEN_HZ),
            ]
        else:
            points += [(start, OPEN_HZ), (closing, OPEN_HZ)]
    return points


def _highpass_points(plan: Plan, part: Part, style: AutomationStyle) -> list[Point]:
    if style.build_highpass_hz is None or part.role not in {*DRUM_ROLES, "bass", "chords"}:
        return []
    points: list[Point] = []
    for section in plan.sections:
        start, end = _bounds(plan, section)
        top = style.build_highpass_hz if section.name == "build" else CLOSED_HZ
        points += [(start, CLOSED_HZ), (end - _ramp_ticks(plan), top)]
    return points


def _width_points(plan: Plan, part: Part, style: AutomationStyle) -> list[Point]:
    if part.role not in ("pad", "chords", "arp"):
        return []
    wide = [section.energy >= style.reference_energy - 0.5 for section in plan.sections]
    return _stepped(plan, [100.0 + (style.chorus_width_percent if one else 0.0) for one in wide])


def _throw_points(plan: Plan, part: Part, style: AutomationStyle) -> list[Point]:
    """Raise the delay send over the last beat of every eighth bar, and of a section's last bar."""
    if part.role != "lead" or style.throw_db <= 0:
        return []
    points: list[Point] = [(0, 0.0)]
    beat = plan.meter.ticks_per_beat
    for section in plan.sections:
        if part.name not in section.parts or section.bars < 4:
            continue
        for bar in range(section.start_bar, section.end_bar):
            if bar != section.end_bar - 1 and (bar - section.start_bar) % 8 != 7:
                continue
            end = plan.grid.bars_to_ticks(bar + 1)
            points += [
                (end - 2 * beat, 0.0),
                (end - beat - beat // 2, style.throw_db),
                (end - beat // 8, style.throw_db),
                (end, 0.0),
            ]
    return points


def _space_points(plan: Plan, part: Part) -> list[Point]:
    """More room in breaks and in the last section, where little plays."""
    if part.role not in ("chords", "pad", "lead", "arp", "counter"):
        return []
    last = plan.sections[-1]
    return _stepped(
        plan,
        [3.0 if section.name == "break" or (section is last and section.name == "outro") else 0.0
         for section in plan.sections],
    )  # fmt: skip
