"""Comping: the rhythm in which the chords are struck."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aurax.compose.context import PartContext
from aurax.compose.dynamics import dynamic_level
from aurax.compose.rows import TICKS_PER_SIXTEENTH, Strike, read_row
from aurax.compose.voicing import Voicing, VoicingKey, VoicingStyle
from aurax.score.score import Note
from aurax.score.seeds import generator

LIFTED_SECTIONS = frozenset({"chorus"})
"""Sections whose chords may be higher."""


@dataclass(frozen=True, slots=True)
class CompRow:
    """A comping rhythm and the energies that it suits.

    Args:
        row: bars of 16 characters as `rows.read_row` reads them.
        low_energy: least energy at which it plays.
        high_energy: greatest energy at which it plays.
    """

    row: str
    low_energy: float = 0.0
    high_energy: float = 10.0


@dataclass(frozen=True)
class ChordStyle:
    """How a style plays its chords.

    Args:
        voicing: spread and register.
        rows: rhythms, of which each kind of section draws one.
        gate: sounding share of a struck length.
        turn_share: chance that every fourth bar has a rhythm of its own, and every eighth another one.
        velocity: of an unaccented chord at energy 5.
    """

    voicing: VoicingStyle
    rows: tuple[CompRow, ...]
    gate: float = 0.95
    turn_share: float = 0.4
    velocity: int = 80


def energy_level(context: PartContext) -> float:
    """The section's energy, moved by the density that the prompt asks for."""
    return min(10.0, max(0.0, context.section.energy + context.plan.character.density_percent / 20.0))


def energy_velocity(velocity: int, context: PartContext) -> int:
    """A velocity for energy 5, scaled to the section's energy: about three quarters at 0, five quarters at 10.

    Energy counts in steps, so that the bars of a slightly fuller return stay equal and their clips are reused; the
    mix's automation carries the fine difference.
    """
    return max(1, min(127, round(velocity * (0.75 + 0.05 * dynamic_level(context.section.energy)))))


def write_chords(
    context: PartContext, style: ChordStyle, voicings: Mapping[VoicingKey, Voicing], name: str = "chords"
) -> tuple[Note, ...]:
    """Write the chord part of one section.

    Args:
        context: the section.
        style: rhythm and touch.
        voicings: pitches of every chord, from `voicing.voice_chords`.
        name: the part's name, so that two chord parts draw different rhythms.

    Returns:
        Notes in order of time, then pitch; a chord that is held through a change is struck again on the change.
    """
    level = energy_level(context)
    fitting = [row for row in style.rows if row.low_energy <= level <= row.high_energy] or list(style.rows)
    rng = generator(context.plan.seed, "comping", name, context.section.name)
    main = fitting[int(rng.integers(len(fitting)))]
    alike = [row for row in fitting if len(row.row) == len(main.row)]
    turn = alike[int(rng.integers(len(alike)))] if rng.random() < style.turn_share else main
    close = alike[int(rng.integers(len(alike)))] if rng.random() < style.turn_share else turn
    meter = context.plan.meter
    peak = energy_velocity(style.velocity, context)
    lifted = context.section.name in LIFTED_SECTIONS
    notes: list[Note] = []
    for bar in range(context.section.bars):
        length = len(main.row) // 16
        ends_four, ends_eight = bar % 4 >= 4 - length, bar % 8 >= 8 - length
        row = close if ends_eight else turn if ends_four else main
        strikes, row_ticks = read_row(row.row, meter)
        bars_in_row = row_ticks // meter.ticks_per_bar
        first = (bar % bars_in_row) * meter.ticks_per_bar
        bar_start = context.start_ticks + bar * meter.ticks_per_bar
        for strike in strikes:
            if not first <= strike.start_ticks < first + meter.ticks_per_bar:
                continue
            start = bar_start + strike.start_ticks - first
            end = min(start + strike.duration_ticks, context.end_ticks)
            notes += _struck(context, voicings, lifted, Strike(start, end - start, strike.velocity), peak, style.gate)
    return tuple(sorted(notes, key=lambda note: (note.start_ticks, note.pitch)))


def _struck(
    context: PartContext, voicings: Mapping[VoicingKey, Voicing], lifted: bool, strike: Strike, peak: int, gate: float
) -> list[Note]:
    """One strike, struck again wherever the chord changes under it by more than a 16th."""
    notes: list[Note] = []
    start, end = strike.start_ticks, strike.start_ticks + strike.duration_ticks
    velocity = max(1, min(127, round(peak * strike.velocity / 112)))
    while start < end:
        span = context.chord_at(start)
        stop = min(end, span.end_ticks) if span.end_ticks > start else end
        if stop - start >= TICKS_PER_SIXTEENTH:
            length = max(60, round((stop - start) * gate))
            for pitch in voicings[lifted, span.chord.symbol]:
                notes.append(Note(start, length, pitch, velocity))
        start = stop
    return notes
