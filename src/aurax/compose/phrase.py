"""Phrases: how a motif becomes eight bars, by repetition, sequence, fragmentation and changed tails.

Source: docs/facts/composition.md#phrases-and-motifs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from aurax.compose.motif import Motif, PhraseForm, vary_rhythm, vary_tail
from aurax.score.time import TICKS_PER_QUARTER

STEP_TICKS = TICKS_PER_QUARTER // 4
"""Ticks of a 16th, the unit of phrases."""

LEAST_SILENCE = 0.28
"""Least share of a motif that rests: phrases breathe."""

BARS = 8
"""Bars of a full phrase."""


@dataclass(frozen=True, slots=True)
class PhraseNote:
    """One note of a phrase, before it has a pitch.

    Args:
        step: 16ths from the phrase's start.
        length: in 16ths.
        degree: scale steps from the anchor.
        lift: share of the register by which this unit's anchor is above the usual one.
        closing: whether it ends the phrase and should come to rest.
        origin: 16ths from the phrase's start at which its unit began.
    """

    step: int
    length: int
    degree: int
    lift: float = 0.0
    closing: bool = False
    origin: int = 0


def breathe(motif: Motif) -> Motif:
    """The motif without its last notes, as far as it needs to rest for `LEAST_SILENCE` of its time."""
    notes = list(motif.notes)
    budget = (1.0 - LEAST_SILENCE) * motif.steps
    while len(notes) > 2 and sum(note.length for note in notes) > budget:
        notes.pop()
    return replace(motif, notes=tuple(notes))


def thin(motif: Motif, share: float, bar_steps: int) -> Motif:
    """The motif with only its weightiest notes: those on strong beats first, then long ones, then early ones.

    Args:
        motif: the idea.
        share: of the notes to keep, at least two of them.
        bar_steps: 16ths in a bar.
    """
    count = max(2, round(share * len(motif.notes)))
    if count >= len(motif.notes):
        return motif

    def weight(place: int) -> tuple[int, int, int]:
        note = motif.notes[place]
        beat = note.step % bar_steps
        return (beat == 0) * 4 + (beat % 8 == 0) * 2 + (beat % 4 == 0), note.length, -place

    kept = sorted(sorted(range(len(motif.notes)), key=weight, reverse=True)[:count])
    return replace(motif, notes=tuple(motif.notes[place] for place in kept))


def build_phrase(
    motif: Motif, form: PhraseForm, bar_steps: int, rng: np.random.Generator, tail: np.random.Generator
) -> tuple[PhraseNote, ...]:
    """Develop a motif into eight bars.

    Args:
        motif: two bars.
        form: how the eight bars are built.
        bar_steps: 16ths in a bar.
        rng: decides the development; the same for every return of a section.
        tail: decides the last two bars; another one for each return, so that a second verse ends in its own way.
    """
    step = 1 if rng.random() < 0.5 else -1
    turned = rng.random() < 0.08
    second = motif.moved(step) if rng.random() < 0.5 else motif
    other = vary_rhythm(motif.inverted() if turned else motif, rng).moved(step)
    answer = vary_tail(motif, rng)
    final = vary_tail(motif, tail)
    head = motif.head(bar_steps)
    pair = 2 * bar_steps
    units: tuple[tuple[int, Motif, float], ...]
    if form == "sentence":
        units = ((0, motif, 0), (pair, second, 0), (2 * pair, head, 0.15), (2 * pair + bar_steps, head, 0.25))
        units += ((3 * pair, final, 0),)
    elif form == "period":
        units = ((0, motif, 0), (pair, answer, 0), (2 * pair, motif, 0), (3 * pair, final, 0))
    elif form == "song":
        units = ((0, motif, 0), (pair, motif, 0), (2 * pair, other, 0.2), (3 * pair, final, 0))
    else:
        units = (
            (0, motif, 0),
            (2 * pair, motif, 0),
            (3 * pair, vary_tail(head if len(head.notes) > 1 else motif, tail), 0),
        )
    notes: list[PhraseNote] = []
    for origin, unit, lift in units:
        notes += [PhraseNote(origin + n.step, n.length, n.degree, lift, False, origin) for n in unit.notes]
    return _rest_on_ends(notes, bar_steps)


def _rest_on_ends(notes: list[PhraseNote], bar_steps: int) -> tuple[PhraseNote, ...]:
    """Let the last note before each rest sound on for up to half a bar, and mark the phrase's last note."""
    held = []
    for place, note in enumerate(notes):
        end = notes[place + 1].step if place + 1 < len(notes) else BARS * bar_steps
        gap = end - note.step
        length = min(note.length, gap)
        if gap >= length + bar_steps // 4:
            length = max(length, min(bar_steps // 2, gap - bar_steps // 4, length + 2))
        held.append(replace(note, length=length, closing=place == len(notes) - 1))
    return tuple(held)
