"""Levels: where each stem is in the mix, and how loud each section is.

The piece's own balance counts: a stem is set between where it was generated and where the style wants its role.
Sections get the loudness that their energy asks for by one fader movement for all stems, from what was measured.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from aurax.score.plan import Plan
from aurax.score.production import ProductionProfile
from aurax.score.role import Role
from aurax.score.score import AutomationLane

_KIT: tuple[Role, ...] = ("kick", "snare", "hat", "perc")
_OWN_SHARE = 0.6
_FURTHEST_LU = 4.0
"""How much the piece's own balance counts, and how far it may move a role."""
_MISSING_LU = -12.0
_LOWEST_DB, _HIGHEST_DB = -7.0, 6.0
_LOWEST_SECTION_LU = -7.0
_LEAST_PER_ENERGY_DB = 0.8
"""Generated stems lose little by leaving: their section's loudness is set by the fader."""
_FADE_SHAPE = ((0.0, 0.0), (0.35, -5.0), (0.7, -16.0), (0.9, -34.0), (1.0, -72.0))
"""Slow at first, as a hand on a fader moves."""
_LONGEST_FADE_SHARE = 0.3


def arranged_profile(
    profile: ProductionProfile, roles: Mapping[str, Role], levels_lufs: Mapping[str, float], mix_lufs: float
) -> ProductionProfile:
    """The style's profile, with a level for whole drum kits and moved toward the piece's own balance.

    Args:
        profile: of the style.
        roles: of the stems.
        levels_lufs: loudness of each stem as generated.
        mix_lufs: loudness of their sum.
    """
    levels = dict(profile.role_level_lu)
    kit = [levels[role] for role in _KIT if role in levels]
    if kit:
        levels["drums"] = 10.0 * math.log10(sum(10.0 ** (level / 10.0) for level in kit))
    for name, role in roles.items():
        styled = levels.get(role, _MISSING_LU)
        moved = _OWN_SHARE * (levels_lufs[name] - mix_lufs - styled)
        levels[role] = round(styled + max(-_FURTHEST_LU, min(_FURTHEST_LU, moved)), 2)
    return profile.model_copy(update={"role_level_lu": levels})


def section_faders_db(plan: Plan, powers: Mapping[str, Sequence[float]], per_energy_db: float) -> tuple[float, ...]:
    """How far all faders move in each section; 0 for the most energetic one.

    Args:
        plan: sections and the profile.
        powers: for each stem its mean K-weighted power in each section.
        per_energy_db: how much quieter a section is meant to be per point of energy.
    """
    roles = {part.name: part.role for part in plan.parts}
    full = max(range(len(plan.sections)), key=lambda index: plan.sections[index].energy)
    foreseen = []
    for index in range(len(plan.sections)):
        total = 0.0
        for name, own in powers.items():
            loudest = max(own)
            if loudest > 0.0 and name in plan.sections[index].parts:
                level = plan.production.role_level_lu.get(roles[name], _MISSING_LU)
                total += 10.0 ** (level / 10.0) * own[index] / loudest
        foreseen.append(10.0 * math.log10(max(total, 1e-6)))
    step = max(_LEAST_PER_ENERGY_DB, per_energy_db)
    faders = []
    for section, level in zip(plan.sections, foreseen, strict=True):
        target = max(_LOWEST_SECTION_LU, (section.energy - plan.sections[full].energy) * step)
        faders.append(round(max(_LOWEST_DB, min(_HIGHEST_DB, target - (level - foreseen[full]))), 2))
    return tuple(faders)


def level_lane(plan: Plan, faders_db: Sequence[float], fade_s: float) -> AutomationLane:
    """The sections' faders as a lane, moved within a 16th before each joint, with the fade-out of the ending.

    Args:
        plan: sections and ending.
        faders_db: one value for each section.
        fade_s: length of a fade-out.
    """
    ramp = plan.meter.ticks_per_beat // 4
    points: dict[int, float] = {}
    for section, value in zip(plan.sections, faders_db, strict=True):
        start, stop = plan.grid.bars_to_ticks(section.start_bar), plan.grid.bars_to_ticks(section.end_bar)
        points[start] = value
        points[max(start + 1, stop - ramp)] = value
    if plan.ending == "fade":
        end = plan.grid.s_to_ticks(plan.duration_s)
        length = plan.grid.s_to_ticks(min(fade_s, plan.duration_s * _LONGEST_FADE_SHARE))
        points = {tick: value for tick, value in points.items() if tick < end - length}
        last = points[max(points)] if points else 0.0
        points |= {end - length + round(length * place): last + fall for place, fall in _FADE_SHAPE}
    return AutomationLane("level_db", tuple(sorted(points.items())))
