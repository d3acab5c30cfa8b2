"""Transitions and beds: risers into sections, impacts on their first beat, noise beneath the song."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from aurax.compose.context import PartContext
from aurax.score.plan import Plan, Section
from aurax.score.score import Note

RISER_PITCH = 60
TEXTURE_PITCH = 60
_TEXTURE_RELEASE_S = 0.3
TEXTURE_BARS = 8
"""Length of one bed note: long enough to hide the repeat, short enough to be rendered once and reused."""


@dataclass(frozen=True)
class FxStyle:
    """How a style marks its joints.

    Args:
        riser_bars: longest riser.
        riser_step: least rise of energy into the next section for a riser; 11 for never.
        impact_step: least rise of energy from the section before for an impact; 11 for never.
        velocity: of risers and impacts.
        texture_velocity: of noise beds.

    Source: docs/facts/composition.md#transitions.
    """

    riser_bars: int = 4
    riser_step: float = 1.5
    impact_step: float = 1.5
    velocity: int = 84
    texture_velocity: int = 80


def riser_length_bars(sections: Sequence[Section], style: FxStyle) -> int:
    """Length that every riser of a song has: a power of two that fits the sections it ends, 0 for no riser.

    Args:
        sections: of the song.
        style: longest riser and the least rise that earns one.
    """
    joints = itertools.pairwise(sections)
    before = [first.bars for first, second in joints if second.energy - first.energy >= style.riser_step]
    if not before:
        return 0
    longest = min(style.riser_bars, max(1, sorted(before)[len(before) // 2] // 2))
    return max(length for length in (1, 2, 4, 8) if length <= longest)


def riser_places(sections: Sequence[Section], style: FxStyle) -> frozenset[int]:
    """Indices of the sections that end in a riser."""
    bars = riser_length_bars(sections, style)
    return frozenset(
        index
        for index, (first, second) in enumerate(itertools.pairwise(sections))
        if 0 < bars <= first.bars and second.energy - first.energy >= style.riser_step
    )


def impact_places(sections: Sequence[Section], style: FxStyle) -> frozenset[int]:
    """Indices of the sections that open with an impact."""
    joints = enumerate(itertools.pairwise(sections), start=1)
    return frozenset(index for index, (first, second) in joints if second.energy - first.energy >= style.impact_step)


def riser_length_ticks(plan: Plan, bars: int) -> int:
    """Ticks of a riser's gate; it stops an 8th of a bar before the section that it leads into."""
    return bars * plan.meter.ticks_per_bar - plan.meter.ticks_per_bar // 8


def write_riser(context: PartContext, style: FxStyle, *, placed: bool = False) -> tuple[Note, ...]:
    """Write the riser that leads out of a section, if the next one is louder.

    Args:
        context: the section.
        style: longest riser and the least rise that earns one.
        placed: whether the plan wants it here whatever comes next; it lasts a bar in a song without rises.
    """
    sections = context.plan.sections
    bars = min(max(1, riser_length_bars(sections, style)), context.section.bars)
    if not placed and context.section_index not in riser_places(sections, style):
        return ()
    start = context.end_ticks - context.grid.bars_to_ticks(bars)
    return (Note(start, riser_length_ticks(context.plan, bars), RISER_PITCH, style.velocity),)


def write_impact(
    context: PartContext, style: FxStyle, low: int, high: int, *, placed: bool = False
) -> tuple[Note, ...]:
    """Write the impact on a section's first beat, if the section before was softer.

    Args:
        context: the section.
        style: the least rise that earns an impact.
        low: lowest pitch of the instrument.
        high: highest pitch; the impact takes the tonic nearest above the low third of the range.
        placed: whether the plan wants it here whatever the section before is.
    """
    if not placed and context.section_index not in impact_places(context.plan.sections, style):
        return ()
    floor = low + (high - low) // 3
    pitch = floor + (context.plan.key.tonic_pitch_class - floor) % 12
    length = min(2 * context.plan.meter.ticks_per_bar, context.end_ticks - context.start_ticks)
    return (Note(context.start_ticks, length, min(pitch, high), style.velocity),)


def write_texture(context: PartContext, style: FxStyle) -> tuple[Note, ...]:
    """Write a noise bed through a section, in notes of eight bars; the last one lasts through the ending."""
    step = context.grid.bars_to_ticks(TEXTURE_BARS)
    end = context.end_ticks
    if context.is_last:
        end += context.grid.s_to_ticks(max(0.0, context.plan.tail_s - _TEXTURE_RELEASE_S))
    starts = range(context.start_ticks, context.end_ticks, step)
    return tuple(
        Note(
            start,
            (end if start + step >= context.end_ticks else start + step) - start,
            TEXTURE_PITCH,
            style.texture_velocity,
        )
        for start in starts
    )
