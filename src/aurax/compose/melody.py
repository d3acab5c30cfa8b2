"""Lead melodies."""

from __future__ import annotations

from aurax.compose.context import PartContext
from aurax.compose.motif import MelodyStyle, Motif, make_motif
from aurax.score.score import Note
from aurax.score.time import TICKS_PER_QUARTER

__all__ = ["MelodyStyle", "Motif", "make_motif", "write_melody"]

STEP_TICKS = TICKS_PER_QUARTER // 4
"""Ticks of a 16th."""


def write_melody(context: PartContext, style: MelodyStyle, motif: Motif) -> tuple[Note, ...]:
    """Write the lead of one section."""
    low, high = style.register
    notes = []
    for start in range(context.start_ticks, context.end_ticks, motif.steps * STEP_TICKS):
        for one in motif.notes:
            tick = start + one.step * STEP_TICKS
            if tick + one.length * STEP_TICKS <= context.end_ticks and context.chords:
                pitches = [p for p in range(low, high + 1) if p % 12 in context.chord_at(tick).chord.pitch_classes]
                notes.append(Note(tick, one.length * STEP_TICKS, pitches[one.degree % len(pitches)], style.velocity))
    return tuple(notes)
