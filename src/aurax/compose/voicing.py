"""Voicing: which pitches sound a chord, chosen so that the voices move as little as they can.

Every distinct chord of a song gets one voicing (a second one for lifted sections), found by letting all chords pull
on their neighbours until nothing improves. Loops therefore repeat exactly, also where they join. Two chords that
follow each other never get the same keys: where a rootless Cm9 would be E flat major, one of them brings its root back.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from aurax.score.chord import Chord

VoicingShape = Literal["close", "rootless", "drop2", "open", "parallel"]
"""How a chord's notes are spread: `close` within an octave, `rootless` without the root, `drop2` with the second note
from the top an octave lower, `open` with every other note an octave higher, `parallel` like drop-2 but keeping one
hand shape from chord to chord."""

VoicingKey = tuple[bool, str]
"""Whether the section is lifted, and the chord's symbol."""

Voicing = tuple[int, ...]
"""MIDI pitches in rising order."""

_THIRDS_FROM = 52
"""E3: below it only fifths and wider are clear."""
_CLUSTERS_FROM = 60
"""C4: minor seconds are muddy below it."""
_SAME_KEYS_COST = 10_000.0
"""More than any motion: a change of chord has to be heard."""
_SAME_NOTES_COST = 60.0
"""For the same notes in another order; about an octave of motion, so that another choice of notes is taken."""
_DEEPEST_CHOICE = 2
"""How far a chord goes to differ from its neighbours: see `_candidates`."""
_OTHER_CHOICE_COST = 8.0
"""For notes of second choice: they are taken where the first choice would not tell a chord from its neighbour."""


@dataclass(frozen=True)
class VoicingStyle:
    """How a part voices chords.

    Args:
        shape: how the notes are spread.
        voices: notes sounding at once.
        low: lowest pitch.
        high: highest pitch.
        center: mean pitch aimed at.
        lift: semitones by which lifted sections aim higher.

    Source: docs/facts/styles.md#tempo-and-harmony and docs/facts/composition.md#register.
    """

    shape: VoicingShape
    voices: int
    low: int = 48
    high: int = 72
    center: float = 60.0
    lift: float = 0.0


def voice_chords(sequence: Sequence[tuple[bool, Chord]], style: VoicingStyle) -> Mapping[VoicingKey, Voicing]:
    """Choose one voicing for every distinct chord.

    Args:
        sequence: chords in the order of the song, each with whether its section is lifted.
        style: spread, register and number of voices.
    """
    if style.lift == 0.0 and any(lifted for lifted, _ in sequence):
        plain = voice_chords([(False, chord) for _, chord in sequence], style)
        return {(lifted, symbol): voicing for (_, symbol), voicing in plain.items() for lifted in (False, True)}
    chords: dict[VoicingKey, Chord] = {}
    for lifted, chord in sequence:
        chords.setdefault((lifted, chord.symbol), chord)
    candidates = {key: _candidates(chord, style) for key, chord in chords.items()}
    keys = [(lifted, chord.symbol) for lifted, chord in sequence]
    joints = Counter((one, two) for one, two in itertools.pairwise(keys) if one[1] != two[1])
    neighbours: dict[VoicingKey, list[tuple[VoicingKey, int]]] = {key: [] for key in chords}
    for (before, after), count in joints.items():
        neighbours[before].append((after, count))
        neighbours[after].append((before, count))

    chosen: dict[VoicingKey, Voicing] = {}
    previous: VoicingKey | None = None
    for key in keys:
        if key not in chosen:
            near = [(previous, 1)] if previous is not None and previous[1] != key[1] else []
            chosen[key] = _best(key, candidates[key], near, chosen, chords, style)
        previous = key
    depth = dict.fromkeys(chords, 0)
    for _ in range(_DEEPEST_CHOICE + 1):
        _settle(chosen, candidates, neighbours, chords, style)
        alike = {
            key
            for key, near in neighbours.items()
            if any(_likeness_cost(chords[key], chosen[key], chords[other], chosen[other]) for other, _ in near)
        }
        for key in sorted(alike):
            depth[key] += 1
            candidates[key] = _candidates(chords[key], style, depth[key])
        if not alike:
            break
    return chosen


def _settle(
    chosen: dict[VoicingKey, Voicing], candidates: Mapping[VoicingKey, Mapping[Voicing, float]],
    neighbours: Mapping[VoicingKey, Sequence[tuple[VoicingKey, int]]], chords: Mapping[VoicingKey, Chord],
    style: VoicingStyle,
) -> None:  # fmt: skip
    """Let all chords pull on their neighbours until nothing improves."""
    for _ in range(6):
        improved = {}
        for key in chords:
            best = _best(key, candidates[key], neighbours[key], chosen, chords, style)
            if best != chosen[key]:
                improved[key] = chosen[key] = best
        if not improved:
            break


def motion_cost(before: Voicing, after: Voicing) -> float:
    """How far the voices move: semitones, with steps beyond a whole tone and beyond a fourth counted more.

    The top voice counts half as much again, since it is what the ear follows.
    """
    cost = 0.0
    for place, (low, high) in enumerate(zip(before, after, strict=False)):
        distance = abs(high - low)
        weighted = distance + 2.0 * max(0, distance - 2) + 4.0 * max(0, distance - 5)
        cost += weighted * (1.5 if place == min(len(before), len(after)) - 1 else 1.0)
    return cost


def _best(
    key: VoicingKey, candidates: Mapping[Voicing, float], near: Sequence[tuple[VoicingKey, int]],
    chosen: Mapping[VoicingKey, Voicing], chords: Mapping[VoicingKey, Chord], style: VoicingStyle,
) -> Voicing:  # fmt: skip
    center = style.center + (style.lift if key[0] else 0.0)
    chord = chords[key]

    def cost(voicing: Voicing) -> float:
        total = candidates[voicing] + 0.6 * abs(sum(voicing) / len(voicing) - center)
        total += 1.5 if (voicing[-1] - chord.bass_pitch_class) % 12 == 0 else 0.0
        for other, count in near:
            if other not in chosen:
                continue
            total += _likeness_cost(chords[other], chosen[other], chord, voicing)
            if other[0] != key[0]:
                continue  # A lift is meant to be heard as a jump, so it pulls on no voice.
            weight = min(count, 4)
            total += weight * motion_cost(chosen[other], voicing)
            total += weight * 3.0 * _moves_in_parallel_with_bass(chords[other], chosen[other], chord, voicing)
            if style.shape == "parallel":
                total += weight * _shape_difference(chosen[other], voicing)
        return total

    return min(candidates, key=lambda voicing: (round(cost(voicing), 6), voicing))


def _moves_in_parallel_with_bass(before: Chord, from_voicing: Voicing, after: Chord, to_voicing: Voicing) -> bool:
    """Whether bass and top voice move in parallel fifths or octaves."""
    if before.bass_pitch_class == after.bass_pitch_class:
        return False
    first = (from_voicing[-1] - before.bass_pitch_class) % 12
    second = (to_voicing[-1] - after.bass_pitch_class) % 12
    return first == second and first in (0, 7)


def _shape_difference(first: Voicing, second: Voicing) -> float:
    steps = zip(itertools.pairwise(first), itertools.pairwise(second), strict=False)
    return float(sum(abs((b - a) - (d - c)) for (a, b), (c, d) in steps))


def _likeness_cost(before: Chord, from_voicing: Voicing, after: Chord, to_voicing: Voicing) -> float:
    """What it costs that two chords in a row cannot be distinguished; chords of the same notes only need other keys."""
    if from_voicing == to_voicing:
        return _SAME_KEYS_COST
    same_notes = {pitch % 12 for pitch in from_voicing} == {pitch % 12 for pitch in to_voicing}
    return _SAME_NOTES_COST if same_notes and set(before.pitch_classes) != set(after.pitch_classes) else 0.0


def _candidates(chord: Chord, style: VoicingStyle, depth: int = 0) -> dict[Voicing, float]:
    """Every placing of the chord's notes that stays in register and keeps the spacing rules, with what it costs.

    Args:
        chord: what to voice.
        style: spread, register and number of voices.
        depth: 0 for the best choice of notes, 1 for other choices too, 2 for one note fewer.
    """
    found: dict[Voicing, float] = {}
    for place, classes in enumerate(_choices_of_classes(chord, style, depth)):
        for voicing in _placings(classes, style):
            found.setdefault(voicing, _OTHER_CHOICE_COST * place)
    return dict(sorted(found.items()))


def _choices_of_classes(chord: Chord, style: VoicingStyle, depth: int) -> list[list[int]]:
    """The best choice of notes first, then those with another of the chord's notes, then those with one fewer."""
    best = _chosen_classes(chord, style)
    choices = [best]
    if depth >= 1:
        spare = [one for one in dict.fromkeys((chord.root_pitch_class, *chord.pitch_classes)) if one not in best]
        choices += [
            sorted((*(one for one in best if one != gone), new), key=lambda one: (one - chord.root_pitch_class) % 12)
            for new in spare
            for gone in best
            if gone != chord.root_pitch_class
        ]
    if depth >= 2 and len(best) > 1:
        choices += [[one for one in best if one != gone] for gone in best]
    return [best, *(one for one in choices[1:] if _keeps_its_third(chord, one))]


def _keeps_its_third(chord: Chord, classes: Sequence[int]) -> bool:
    """Whether the note that makes the chord major, minor or suspended is there."""
    thirds = {(chord.root_pitch_class + interval) % 12 for interval in chord.intervals if interval in (2, 3, 4, 5)}
    return not thirds or bool(thirds & set(classes))


def _placings(classes: Sequence[int], style: VoicingStyle) -> list[Voicing]:
    found: set[Voicing] = set()
    for order in {tuple(classes[turn:]) + tuple(classes[:turn]) for turn in range(len(classes))}:
        for base in range(style.low, style.high + 1):
            if base % 12 == order[0] % 12:
                found.add(_spread(_stacked(order, base), style.shape))
    inside = [voicing for voicing in found if voicing[0] >= style.low and voicing[-1] <= style.high]
    clear = [voicing for voicing in inside if _is_clear(voicing)]
    if clear or inside:
        return sorted(clear or inside)
    # A narrow register: fold every note into it.
    folded = {style.low + (pitch_class - style.low) % 12 for pitch_class in classes}
    return [tuple(sorted(folded))]


def _chosen_classes(chord: Chord, style: VoicingStyle) -> list[int]:
    """Pitch classes to voice, in rising order above the root: colour first where there are more notes than voices."""
    intervals = list(chord.intervals)
    root, others = intervals[0], intervals[1:]
    third = [interval for interval in others if interval in (2, 3, 4, 5)][:1]
    seventh = [interval for interval in others if interval in (9, 10, 11)][:1]
    extensions = [interval for interval in others if interval > 12][::-1]
    fifth = [interval for interval in others if interval in (6, 7, 8)][:1]
    rootless = style.shape in ("rootless", "parallel") and len(others) >= 3
    ranked = third + seventh + extensions[:1] + fifth + extensions[1:]
    ranked = ranked[: style.voices] if rootless else [root, *ranked][: style.voices]
    if len(ranked) < style.voices and rootless:
        ranked.append(root)
    return [(chord.root_pitch_class + interval) % 12 for interval in sorted({one % 12 for one in ranked})]


def _stacked(order: Sequence[int], base: int) -> Voicing:
    pitches = [base]
    for pitch_class in order[1:]:
        pitches.append(pitches[-1] + ((pitch_class - pitches[-1]) % 12 or 12))
    return tuple(pitches)


def _spread(close: Voicing, shape: VoicingShape) -> Voicing:
    if shape in ("drop2", "parallel") and len(close) >= 4:
        return tuple(sorted((*close[:-2], close[-2] - 12, close[-1])))
    if shape == "open" and len(close) >= 3:
        return tuple(sorted(pitch + 12 * (place % 2) for place, pitch in enumerate(close)))
    return close


def _is_clear(voicing: Voicing) -> bool:
    for low, high in itertools.pairwise(voicing):
        gap = high - low
        if gap > 12 or (gap == 1 and low < _CLUSTERS_FROM) or (gap < 5 and low < _THIRDS_FROM):
            return False
    return True
