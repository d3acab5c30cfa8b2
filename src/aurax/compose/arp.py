"""Arpeggios: chord tones one after the other."""

from __future__ import annotations

from dataclasses import dataclass

from aurax.compose.comping import energy_level, energy_velocity
from aurax.compose.context import PartContext
from aurax.compose.rows import TICKS_PER_SIXTEENTH, read_row
from aurax.score.chord import Chord
from aurax.score.score import Note
from aurax.score.seeds import generator

ArpOrder = tuple[int, ...]
"""Places in the rising pool of chord tones, played in turn; places beyond the pool wrap around."""


@dataclass(frozen=True)
class ArpStyle:
    """How a style arpeggiates.

    Args:
        orders: of which the song draws one.
        calm_rows: rhythms below energy 6 (`rows.read_row`).
        busy_rows: rhythms from energy 6 on.
        low: lowest pitch of the pool.
        high: highest pitch.
        gate: sounding share of a step.
        velocity: at energy 5.
    """

    orders: tuple[ArpOrder, ...]
    calm_rows: tuple[str, ...]
    busy_rows: tuple[str, ...]
    low: int = 64
    high: int = 88
    gate: float = 0.7
    velocity: int = 74


def write_arp(context: PartContext, style: ArpStyle, name: str = "arp") -> tuple[Note, ...]:
    """Write the arpeggio of one section.

    The order starts again with every bar, so bars over the same chord are equal.

    Args:
        context: the section.
        style: orders, rhythms and register.
        name: the part's name, so that two arpeggios differ.
    """
    seed, meter = context.plan.seed, context.plan.meter
    order = style.orders[int(generator(seed, name, "order").integers(len(style.orders)))]
    busy = energy_level(context) >= 6.0
    rows = style.busy_rows if busy else style.calm_rows
    strikes, row_ticks = read_row(rows[int(generator(seed, name, "row", int(busy)).integers(len(rows)))], meter)
    peak = energy_velocity(style.velocity, context)
    notes: list[Note] = []
    for start in range(context.start_ticks, context.end_ticks, row_ticks):
        turn = 0
        for strike in strikes:
            if strike.start_ticks % meter.ticks_per_bar == 0:
                turn = 0
            tick = start + strike.start_ticks
            if tick >= context.end_ticks:
                break
            pool = tone_pool(context.chord_at(tick).chord, style.low, style.high)
            length = max(TICKS_PER_SIXTEENTH // 4, round(strike.duration_ticks * style.gate))
            velocity = max(1, min(127, round(peak * strike.velocity / 112)))
            pitch = pool[order[turn % len(order)] % len(pool)]
            notes.append(Note(tick, min(length, context.end_ticks - tick), pitch, velocity))
            turn += 1
    return tuple(notes)


def tone_pool(chord: Chord, low: int, high: int) -> tuple[int, ...]:
    """Chord tones from a register in rising order, at most eight, without a seventh a semitone under the root.

    Args:
        chord: what sounds.
        low: lowest pitch.
        high: highest pitch.
    """
    classes = {chord.root_pitch_class, *chord.pitch_classes[1:4]}
    if len(chord.intervals) > 4:
        classes.add(chord.pitch_classes[4])
    if 11 in chord.intervals and 14 in chord.intervals:
        classes.discard((chord.root_pitch_class + 11) % 12)
    pool = tuple(pitch for pitch in range(low, high + 1) if pitch % 12 in classes)[:8]
    return pool or (low + (chord.root_pitch_class - low) % 12,)
