"""Pads: chords held through, with common tones tied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aurax.compose.comping import LIFTED_SECTIONS, energy_velocity
from aurax.compose.context import PartContext
from aurax.compose.voicing import Voicing, VoicingKey, VoicingStyle
from aurax.score.score import Note


@dataclass(frozen=True)
class PadStyle:
    """How a style lays its pads.

    Args:
        voicing: spread and register.
        tie_bars: common tones are tied within blocks of this many bars; blocks stay equal from loop to loop.
        velocity: at energy 5.
        overlap_ticks: how far a tone sounds into the next chord, for soft changes.
    """

    voicing: VoicingStyle
    tie_bars: int = 4
    velocity: int = 72
    overlap_ticks: int = 0


def write_pad(context: PartContext, style: PadStyle, voicings: Mapping[VoicingKey, Voicing]) -> tuple[Note, ...]:
    """Write the pad of one section.

    Args:
        context: the section.
        style: register and touch.
        voicings: pitches of every chord, from `voicing.voice_chords`.

    Returns:
        Notes in order of time, then pitch; a pitch never overlaps itself.
    """
    block = context.grid.bars_to_ticks(style.tie_bars)
    lifted = context.section.name in LIFTED_SECTIONS
    velocity = energy_velocity(style.velocity, context)
    sounding: dict[int, int] = {}
    notes: list[Note] = []
    for span in context.chords:
        start, end = max(span.start_ticks, context.start_ticks), min(span.end_ticks, context.end_ticks)
        pitches = set(voicings[lifted, span.chord.symbol])
        fresh_block = (start - context.start_ticks) % block == 0
        for pitch in sorted(sounding):
            if pitch not in pitches or fresh_block:
                began = sounding.pop(pitch)
                overlap = 0 if pitch in pitches else style.overlap_ticks
                notes.append(Note(began, start - began + overlap, pitch, velocity))
        for pitch in sorted(pitches):
            sounding.setdefault(pitch, start)
        if span is context.chords[-1]:
            notes += [Note(began, end - began, pitch, velocity) for pitch, began in sounding.items()]
    return tuple(sorted(notes, key=lambda note: (note.start_ticks, note.pitch)))
