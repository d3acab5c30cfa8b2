"""Counter-melodies: a second voice that speaks where the lead rests.

Source: docs/facts/composition.md#call-and-response.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aurax.compose.context import PartContext
from aurax.score.score import Note
from aurax.score.seeds import generator
from aurax.score.time import TICKS_PER_QUARTER

STEP_TICKS = TICKS_PER_QUARTER // 4
"""Ticks of a 16th."""

GUIDE_WORTH = 2.5
"""Semitones that a line moves further to reach a third or a seventh."""


@dataclass(frozen=True)
class CounterStyle:
    """How a style answers its lead.

    Args:
        register: lowest and highest MIDI pitch, away from the lead's.
        loudness_share: velocity as a share of the lead's.
        least_gap_beats: shortest rest of the lead that is answered.
        most_notes: longest answer.
        note_steps: lengths in 16ths from which an answer's rhythm is drawn.
        answer_share: chance that a rest is answered.
        moves_under_holds: whether it also moves while the lead holds a note of a half bar or longer.
        alone_every_bars: where no lead plays, how many bars apart its phrases start; 0 for silence.
        velocity: where no lead plays.
    """

    register: tuple[int, int]
    loudness_share: float = 0.7
    least_gap_beats: float = 1.5
    most_notes: int = 4
    note_steps: tuple[int, ...] = (2, 2, 4)
    answer_share: float = 0.8
    moves_under_holds: bool = True
    alone_every_bars: int = 2
    velocity: int = 64


def write_counter(context: PartContext, style: CounterStyle) -> tuple[Note, ...]:
    """Write the counter-melody of one section.

    An answer starts an 8th after the lead falls silent, begins in the direction opposite to the lead's last move,
    and is on the chord's notes.

    Returns:
        The notes in order of time, not overlapping; empty where the section has no chords or no energy.
    """
    if not context.chords or context.section.energy <= 0:
        return ()
    velocity = _velocity(context, style)
    notes: list[Note] = []
    for start, end, direction in _openings(context, style):
        notes += _answer(context, style, start, end, direction, velocity)
    return tuple(notes)


def hold_guide_tones(context: PartContext, style: CounterStyle) -> tuple[Note, ...]:
    """Write the counter-melody of a section whose lead never rests: one long tone of each chord.

    Each tone is near the one before, rather a third or a seventh, so that the line moves by steps under the lead
    instead of talking across it.

    Returns:
        The notes in order of time, not overlapping; empty where the section has no chords or no energy.
    """
    if not context.chords or context.section.energy <= 0:
        return ()
    low, high = style.register
    velocity = _velocity(context, style)
    notes: list[Note] = []
    pitch = (low + high) // 2
    for span in context.chords:
        start, end = max(span.start_ticks, context.start_ticks), min(span.end_ticks, context.end_ticks)
        chord = span.chord
        guides = {(chord.root_pitch_class + one) % 12 for one in chord.intervals if one in (3, 4, 9, 10, 11)}
        able = [one for one in range(low, high + 1) if one % 12 in chord.pitch_classes] or [pitch]
        costs = {one: abs(one - pitch) + (0.0 if one % 12 in guides else GUIDE_WORTH) for one in able}
        pitch = min(able, key=lambda one: (costs[one], one))
        if end > start:
            notes.append(Note(start, end - start, pitch, velocity))
    return tuple(notes)


def _velocity(context: PartContext, style: CounterStyle) -> int:
    if not context.lead:
        return style.velocity
    mean = float(np.mean([note.velocity for note in context.lead]))
    return max(1, min(127, round(mean * style.loudness_share)))


def _openings(context: PartContext, style: CounterStyle) -> list[tuple[int, int, int]]:
    """Where it may speak: start and end in ticks, and the direction (1 up, −1 down) against the lead's last move."""
    bar_ticks = context.plan.meter.ticks_per_bar
    if not context.lead:
        if style.alone_every_bars < 1:
            return []
        spacing = style.alone_every_bars * bar_ticks
        starts = range(context.start_ticks, context.end_ticks, spacing)
        return [(start, min(start + bar_ticks, context.end_ticks), 1 - 2 * (n % 2)) for n, start in enumerate(starts)]
    least = round(style.least_gap_beats * context.plan.meter.ticks_per_beat)
    lead = sorted(context.lead, key=lambda note: note.start_ticks)
    found = []
    for place, note in enumerate(lead):
        following = lead[place + 1].start_ticks if place + 1 < len(lead) else context.end_ticks
        move = note.pitch - lead[place - 1].pitch if place else 1
        direction = -1 if move > 0 else 1
        rest = _on_grid(note.end_ticks, context.start_ticks) + 2 * STEP_TICKS
        if following - note.end_ticks >= least:
            found.append((rest, following, direction))
        elif style.moves_under_holds and note.duration_ticks * 2 >= bar_ticks:
            found.append((note.start_ticks + note.duration_ticks // 2 // STEP_TICKS * STEP_TICKS, following, direction))
    return found


def _on_grid(ticks: int, origin: int) -> int:
    """The first 8th at or after a tick."""
    eighth = 2 * STEP_TICKS
    return origin - (origin - ticks) // eighth * eighth


def _answer(
    context: PartContext, style: CounterStyle, start: int, end: int, direction: int, velocity: int
) -> list[Note]:
    bar = context.grid.ticks_to_bar(start) - context.section.start_bar
    place = (start - context.start_ticks) % context.plan.meter.ticks_per_bar
    rng = generator(context.plan.seed, "counter", context.section.name, bar % 8, place)
    if rng.random() >= style.answer_share:
        return []
    notes: list[Note] = []
    tick, pitch = start, (style.register[0] + style.register[1]) // 2
    for number in range(int(rng.integers(2, max(3, style.most_notes + 1)))):
        length = int(style.note_steps[int(rng.integers(len(style.note_steps)))]) * STEP_TICKS
        if tick + STEP_TICKS > end:
            break
        pitch = _next_pitch(context, style, tick, pitch, direction if number else 0)
        notes.append(Note(tick, min(length, end - tick), pitch, velocity))
        tick += length
    return notes


def _next_pitch(context: PartContext, style: CounterStyle, tick: int, pitch: int, direction: int) -> int:
    """The nearest chord tone in the wanted direction; at the register's edge, back the other way."""
    low, high = style.register
    classes = context.chord_at(tick).chord.pitch_classes
    tones = [one for one in range(low, high + 1) if one % 12 in classes] or [max(low, min(high, pitch))]
    ahead = [one for one in tones if (one - pitch) * direction > 0] if direction else []
    return min(ahead or [one for one in tones if one != pitch] or tones, key=lambda one: (abs(one - pitch), one))
