"""Motifs: the two bars from which a melody grows, as a rhythm and a contour in scale steps.

Source: docs/facts/composition.md#melody and docs/facts/composition.md#phrases-and-motifs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from aurax.errors import InvalidOption
from aurax.score.plan import Plan
from aurax.score.seeds import generator

ScaleKind = Literal["pentatonic", "full"]
"""Which of the key's notes a melody walks on."""

PhraseForm = Literal["sentence", "period", "song", "call"]
"""How eight bars are built: 2+2+1+1+2, 4+4, AABA in pairs of bars, or two bars that call and two that rest."""

CONTOURS: tuple[tuple[str, float], ...] = (("falling", 0.35), ("arch", 0.34), ("rising", 0.18), ("valley", 0.13))
"""Shapes of phrases and their shares (26 : 25 : 13 : 10 in the corpus)."""

SPANS: dict[ScaleKind, tuple[int, int]] = {"pentatonic": (3, 6), "full": (4, 8)}
"""Scale steps between a motif's lowest and highest note: from the first number, below the second."""


@dataclass(frozen=True)
class MelodyStyle:
    """How a style sings.

    Args:
        register: lowest and highest MIDI pitch of the whole song; 12 to 17 semitones apart.
        scale: which notes it walks on.
        cells: rhythms of half a bar for verses: 8 characters, `x` strikes, `-` holds, `.` rests.
        chorus_cells: the same for choruses, denser.
        forms: phrase forms and their weights.
        rest_share: chance that the second half of a two-bar idea rests.
        lift: semitones by which choruses are above verses.
        step_weights: how often a melody moves by 0, 1, 2, 3, 4 ... scale steps.
        gate: sounding share of a note's length.
        velocity: of an unaccented note at energy 5.
    """

    register: tuple[int, int]
    scale: ScaleKind
    cells: tuple[str, ...]
    chorus_cells: tuple[str, ...]
    forms: tuple[tuple[PhraseForm, float], ...] = (("sentence", 0.5), ("period", 0.3), ("song", 0.2))
    rest_share: float = 0.35
    lift: int = 3
    step_weights: tuple[float, ...] = (0.28, 0.46, 0.16, 0.05, 0.05)
    gate: float = 0.92
    velocity: int = 90

    def __post_init__(self) -> None:
        for cell in (*self.cells, *self.chorus_cells):
            if len(cell) != 8 or not set(cell) <= set("x-."):
                raise InvalidOption("a rhythm cell of 8 characters x - .", repr(cell), "write one per 16th")
        if not self.cells or not self.chorus_cells or not any("x" in cell for cell in self.cells):
            raise InvalidOption("rhythm cells that strike", "none", "give verses and choruses at least one each")
        if not 12 <= self.register[1] - self.register[0] <= 17:
            raise InvalidOption("a register of 12 to 17 semitones", str(self.register), "move one of its ends")


@dataclass(frozen=True, slots=True)
class MotifNote:
    """One note of a motif.

    Args:
        step: 16ths from the motif's start.
        length: in 16ths.
        degree: scale steps above (below) the motif's anchor.
    """

    step: int
    length: int
    degree: int


@dataclass(frozen=True)
class Motif:
    """A short idea.

    Args:
        notes: in order of time, not overlapping.
        steps: its length in 16ths (two bars).
        dense: whether it was made for a chorus.
    """

    notes: tuple[MotifNote, ...]
    steps: int
    dense: bool = False

    def head(self, steps: int) -> Motif:
        """The motif's first steps alone (fragmentation)."""
        kept = tuple(
            replace(note, length=min(note.length, steps - note.step)) for note in self.notes if note.step < steps
        )
        return Motif(kept, steps, self.dense)

    def inverted(self) -> Motif:
        """The motif with its contour mirrored around the first note."""
        first = self.notes[0].degree if self.notes else 0
        return replace(self, notes=tuple(replace(note, degree=2 * first - note.degree) for note in self.notes))

    def moved(self, degrees: int) -> Motif:
        """The motif some scale steps higher (a sequence)."""
        return replace(self, notes=tuple(replace(note, degree=note.degree + degrees) for note in self.notes))


def make_motif(plan: Plan, style: MelodyStyle, name: str) -> Motif:
    """Draw a motif.

    A song has at most three: one for choruses, drops and hooks, one that contrasts (bridge, break, solo), and one for
    everything else.

    Args:
        plan: meter and seed.
        style: rhythm cells and interval weights.
        name: the section it is for; choruses, drops, hooks and solos draw the denser cells.
    """
    dense = name.startswith(("chorus", "drop", "hook", "solo"))
    family = "contrast" if name.startswith(("bridge", "break", "solo")) else "chorus" if dense else "verse"
    rng = generator(plan.seed, "motif", family)
    rhythm = _draw_rhythm(rng, plan.meter.sixteenths_per_bar, style, dense)
    span = int(rng.integers(*SPANS[style.scale]))
    contours = [_draw_contour(rng, len(rhythm), style.step_weights) for _ in range(6)]
    degrees = min(contours, key=lambda contour: abs(max(contour) - min(contour) - span))
    notes = tuple(MotifNote(step, length, degree) for (step, length), degree in zip(rhythm, degrees, strict=True))
    return Motif(notes, 2 * plan.meter.sixteenths_per_bar, dense)


def vary_tail(motif: Motif, rng: np.random.Generator) -> Motif:
    """The motif with another ending: its last third of notes, at least one, takes a new contour."""
    keep = min(len(motif.notes) - 1, max(1, len(motif.notes) * 2 // 3))
    if keep < 0:
        return motif
    degree = motif.notes[max(0, keep - 1)].degree
    moves = (-2, -1, -1, 1, 1, 2) if keep >= 3 else (-3, -2, 2, 3)
    tail = []
    for note in motif.notes[keep:]:
        degree += int(rng.choice(moves))
        tail.append(replace(note, degree=degree))
    return replace(motif, notes=motif.notes[:keep] + tuple(tail))


def vary_rhythm(motif: Motif, rng: np.random.Generator) -> Motif:
    """The motif with one note split in two or two neighbours joined; the contour stays."""
    long = [place for place, note in enumerate(motif.notes) if note.length >= 4]
    if long:
        place = long[int(rng.integers(len(long)))]
        note = motif.notes[place]
        half = note.length // 2
        pair = (replace(note, length=half), replace(note, step=note.step + half, length=note.length - half))
        return replace(motif, notes=motif.notes[:place] + pair + motif.notes[place + 1 :])
    return replace(motif, notes=motif.notes[:1] + motif.notes[2:]) if len(motif.notes) > 3 else motif


def _draw_rhythm(
    rng: np.random.Generator, bar_steps: int, style: MelodyStyle, dense: bool
) -> tuple[tuple[int, int], ...]:
    """Onsets and lengths of two bars, at least three notes where the cells allow it."""
    cells = style.chorus_cells if dense else style.cells
    rests = style.rest_share * (0.6 if dense else 1.0)
    best: tuple[tuple[int, int], ...] = ()
    for _ in range(8):
        first, second = (_bar(rng, cells, bar_steps) for _ in range(2))
        if rng.random() < 0.4:
            second = first[: bar_steps // 2] + second[bar_steps // 2 :]
        if rng.random() < rests:
            second = second[: bar_steps // 2] + "." * (bar_steps - bar_steps // 2)
        rhythm = _read(first + second)
        if len(rhythm) > len(best):
            best = rhythm
        if len(rhythm) >= 3:
            return rhythm
    return best or ((0, bar_steps // 2),)


def _bar(rng: np.random.Generator, cells: tuple[str, ...], bar_steps: int) -> str:
    text = ""
    while len(text) < bar_steps:
        text += cells[int(rng.integers(len(cells)))]
    return text[:bar_steps]


def _read(text: str) -> tuple[tuple[int, int], ...]:
    """Onsets and lengths of a rhythm; a hold without a note before it rests."""
    rhythm = []
    for step, char in enumerate(text):
        if char == "x":
            rest = text[step + 1 :]
            rhythm.append((step, 1 + len(rest) - len(rest.lstrip("-"))))
    return tuple(rhythm)


def _draw_contour(rng: np.random.Generator, count: int, weights: tuple[float, ...]) -> list[int]:
    """A walk in scale steps that follows a drawn shape; skips are answered by the opposite direction."""
    names = [name for name, _ in CONTOURS]
    shape = names[int(rng.choice(len(names), p=[share for _, share in CONTOURS]))]
    chances = np.array(weights) / np.sum(weights)
    degrees, skip = [0], 0
    for place in range(1, count):
        early = place < count / 2
        upward = {"falling": 0.24, "rising": 0.6, "arch": 0.62 if early else 0.2, "valley": 0.25 if early else 0.65}
        move = int(rng.choice(len(weights), p=chances))
        up = rng.random() < upward[shape]
        if abs(skip) >= 3:
            up, move = skip < 0, max(1, min(move, 2))
        skip = move if up else -move
        degrees.append(degrees[-1] + skip)
    return degrees[:count]
