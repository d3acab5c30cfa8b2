"""Lead melodies: phrases sung over the chords, with one climax each and the song's highest note in its last chorus.

Source: docs/facts/composition.md#melody.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aurax.compose.context import PartContext
from aurax.compose.dynamics import dynamic_level
from aurax.compose.melodic_line import Tessitura, sing
from aurax.compose.motif import MelodyStyle, Motif, PhraseForm, make_motif
from aurax.compose.phrase import BARS, STEP_TICKS, PhraseNote, breathe, build_phrase, thin
from aurax.score.plan import Plan
from aurax.score.score import Note
from aurax.score.seeds import generator

__all__ = ["MelodyStyle", "Motif", "make_motif", "peak_section", "write_melody"]

HIGH_NAMES = frozenset({"chorus", "drop", "hook", "solo"})
"""Sections whose melody is higher and keeps all its notes."""

PEAK_ROOM = 3
"""Semitones at the top of the register that only the song's climax may use."""


def write_melody(context: PartContext, style: MelodyStyle, motif: Motif) -> tuple[Note, ...]:
    """Write the lead of one section.

    Sections of the same name share their phrase; each return, and each further eight bars, changes its last two.

    Args:
        context: the section.
        style: register, scale, forms.
        motif: what the section is made of, from `make_motif` of the same plan.

    Returns:
        The notes in order of time, never overlapping; empty where the section has no chords or no energy.
    """
    if not context.chords or context.section.energy <= 0 or not motif.notes:
        return ()
    bar_steps = context.plan.meter.sixteenths_per_bar
    idea = breathe(thin(motif, _share(context), bar_steps))
    rng = generator(context.plan.seed, "melody", "form", context.section.name)
    form = _draw_form(rng, style)
    notes: list[Note] = []
    for number, first_bar in enumerate(range(0, context.section.bars, BARS)):
        bars = min(BARS, context.section.bars - first_bar)
        development = generator(context.plan.seed, "melody", "development", context.section.name)
        tail = generator(context.plan.seed, "melody", "tail", context.section.name, context.pass_index, number)
        phrase = _cut(build_phrase(idea, form, bar_steps, development, tail), bars * bar_steps)
        last = first_bar + BARS >= context.section.bars
        start = context.start_ticks + context.grid.bars_to_ticks(first_bar)
        notes += sing(context, style, phrase, start, bars * bar_steps, _tessitura(context, style, last))
    if context.is_last:
        notes = _come_home(context, style, notes)
    return tuple(notes)


def peak_section(plan: Plan) -> int:
    """Index of the section that holds the song's highest note: the last chorus, else the last of greatest energy."""
    lead_parts = {part.name for part in plan.parts if part.role == "lead"}
    indices = [i for i, one in enumerate(plan.sections) if lead_parts & set(one.parts)] or list(
        range(len(plan.sections))
    )
    choruses = [i for i in indices if plan.sections[i].name in HIGH_NAMES - {"solo"}]
    return max(choruses or indices, key=lambda i: (i if choruses else plan.sections[i].energy, i))


def _share(context: PartContext) -> float:
    """Share of the motif's notes that a section of this energy keeps."""
    base = 1.0 if context.section.name in HIGH_NAMES else 0.55 + 0.07 * context.section.energy
    return max(0.35, min(1.0, base + context.plan.character.density_percent / 100.0))


def _draw_form(rng: np.random.Generator, style: MelodyStyle) -> PhraseForm:
    weights = np.array([weight for _, weight in style.forms])
    return style.forms[int(rng.choice(len(weights), p=weights / weights.sum()))][0]


def _cut(phrase: Sequence[PhraseNote], steps: int) -> tuple[PhraseNote, ...]:
    """The part of a phrase that fits."""
    return tuple(note for note in phrase if note.step + note.length <= steps)


def _tessitura(context: PartContext, style: MelodyStyle, last_phrase: bool) -> Tessitura:
    """Where the section's melody is: verses at the bottom, choruses lifted, the song's peak on top of all."""
    shift = max(-5, min(5, round(context.plan.character.register_semitones)))
    low, high = style.register[0] + shift, style.register[1] + shift
    lifted = context.section.name in HIGH_NAMES
    ceiling = high - PEAK_ROOM - (0 if lifted else style.lift)
    floor = low + (style.lift // 2 if lifted else 0)
    peak = last_phrase and context.section_index == peak_section(context.plan)
    return Tessitura(floor, ceiling, high if peak else None)


def _come_home(context: PartContext, style: MelodyStyle, notes: list[Note]) -> list[Note]:
    """End the song on the tonic, held through the last bar."""
    bar_ticks = context.plan.meter.ticks_per_bar
    start = context.end_ticks - bar_ticks
    kept = [note for note in notes if note.end_ticks <= start]
    area = _tessitura(context, style, False)
    tonics = [p for p in range(area.low - 2, area.high + 1) if p % 12 == context.plan.key.tonic_pitch_class]
    near = kept[-1].pitch if kept else area.low
    tonics = tonics or [area.low + (context.plan.key.tonic_pitch_class - area.low) % 12]
    pitch = min(tonics, key=lambda one: (abs(one - near), one))
    velocity = max(1, min(127, round(style.velocity + 2.0 * (dynamic_level(context.section.energy) - 5.0))))
    return [*kept, Note(start, bar_ticks - 2 * STEP_TICKS, pitch, velocity)]
