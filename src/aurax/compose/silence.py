"""Silent parts: who would not play a note in the whole song is not cast."""

from __future__ import annotations

from collections.abc import Mapping, Set

from aurax.compose.performance import write_parts
from aurax.compose.style import Style
from aurax.score.instrument import InstrumentInfo
from aurax.score.plan import Plan
from aurax.score.role import PITCHED_ROLES


def leave_out_silent(
    plan: Plan, style: Style, instruments: Mapping[str, InstrumentInfo], wished: Set[str] = frozenset()
) -> Plan:
    """Take the parts out of a plan that have no section to play in, or nothing to play there.

    Who leaves may change what the others do, so the rest is written again until everybody sounds.

    Args:
        plan: sections and parts.
        style: how each role is written.
        instruments: installed instruments by name.
        wished: names of parts that the prompt asked for; a remark says so when one of them leaves.

    Returns:
        The plan with parts that all sound, and no section without one; unchanged where nobody would be left.
    """
    while True:
        placed = {name for section in plan.sections for name in section.parts}
        silent = {part.name for part in plan.parts} - placed
        if not silent:
            written = write_parts(plan, style, instruments)
            silent = {part.name for part in plan.parts if not written.get(part.name)}
        if not silent or len(silent) == len(plan.parts):
            return plan
        plan = _without(plan, silent, wished)


def _without(plan: Plan, silent: Set[str], wished: Set[str]) -> Plan:
    parts = tuple(part for part in plan.parts if part.name not in silent)
    filling = next((part.name for part in parts if part.role in PITCHED_ROLES), parts[0].name)
    sections = tuple(
        section.model_copy(update={"parts": tuple(name for name in section.parts if name not in silent) or (filling,)})
        for section in plan.sections
    )
    remarks = tuple(
        f"The song has no place where {part.instrument} could play {part.role}, so it is left out."
        for part in plan.parts
        if part.name in silent & wished
    )
    return plan.model_copy(update={"parts": parts, "sections": sections, "remarks": (*plan.remarks, *remarks)})
