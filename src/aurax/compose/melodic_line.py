"""From a phrase to pitches: chord tones on strong beats, one climax, leaps answered by contrary motion.

Source: docs/facts/composition.md#melody (after a leap: von Hippel & Huron 2000).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aurax.compose.context import PartContext
from aurax.compose.dynamics import dynamic_level
from aurax.compose.motif import MelodyStyle, ScaleKind
from aurax.compose.phrase import STEP_TICKS, PhraseNote
from aurax.score.chord import Chord
from aurax.score.key import Key
from aurax.score.score import Note

LEAP = 4
"""Moves of more semitones than this are leaps."""

NEARNESS = 0.15
"""Weight of a short way from the note before against a short way to the wanted pitch, for notes on chord tones."""

CLIMAX_PLACE = (0.6, 0.75)
"""Share of the phrase within which its highest note falls."""


@dataclass(frozen=True, slots=True)
class Tessitura:
    """Where a phrase is.

    Args:
        low: lowest MIDI pitch.
        high: highest.
        peak: highest pitch of the phrase's climax where it is the song's; none elsewhere.
    """

    low: int
    high: int
    peak: int | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """A phrase note in its surroundings."""

    note: PhraseNote
    ticks: int
    chord: Chord
    anchored: bool
    """Whether it must be a chord tone: on a strong beat, or long."""


def scale_classes(key: Key, kind: ScaleKind) -> tuple[int, ...]:
    """Pitch classes a melody walks on: the key's seven, or the five without semitones."""
    if kind == "full":
        return key.pitch_classes
    degrees = (0, 2, 3, 4, 6) if key.is_minor else (0, 1, 2, 4, 5)
    return tuple(key.pitch_classes[degree] for degree in degrees)


def sing(
    context: PartContext,
    style: MelodyStyle,
    phrase: Sequence[PhraseNote],
    start_ticks: int,
    steps: int,
    area: Tessitura,
) -> list[Note]:
    """Give a phrase its pitches.

    Args:
        context: the section, for chords and key.
        style: scale, gate and velocity.
        phrase: notes in 16ths.
        start_ticks: where the phrase starts.
        steps: the phrase's length in 16ths.
        area: where it is.
    """
    places = [_place(context, note, start_ticks) for note in phrase]
    if not places:
        return []
    top = _climax_index(places, steps)
    scale = scale_classes(context.plan.key, style.scale)
    climax = _climax_pitch(places[top].chord, scale, area)
    ladder = [pitch for pitch in range(area.low, min(area.high + 1, climax)) if pitch % 12 in scale]
    if not ladder:
        ladder = [climax - 1]
    pitches: list[int] = []
    anchors: dict[int, int] = {}
    for place in places:
        anchor = anchors.setdefault(place.note.origin, _anchor(context, place, ladder, climax))
        target = ladder[_fold(anchor + place.note.degree, len(ladder))]
        pitches.append(_fit(context, place, target, pitches[-1] if pitches else target, ladder, climax))
    pitches[top] = climax
    _answer_leaps(places, pitches, ladder, climax, top)
    return _to_notes(context, style, places, pitches, top)


def _place(context: PartContext, note: PhraseNote, start_ticks: int) -> _Place:
    ticks = start_ticks + note.step * STEP_TICKS
    bar_steps = context.plan.meter.sixteenths_per_bar
    in_bar = note.step % bar_steps
    strong = in_bar == 0 or (bar_steps == 16 and in_bar == 8)
    return _Place(note, ticks, context.chord_at(ticks).chord, strong or note.length >= 4 or note.closing)


def _climax_index(places: Sequence[_Place], steps: int) -> int:
    """The weightiest note between 60 and 75 % of the phrase, or the one nearest to it."""
    low, high = (share * steps for share in CLIMAX_PLACE)
    inside = [i for i, place in enumerate(places) if low <= place.note.step <= high]
    if inside:
        return max(inside, key=lambda i: (places[i].anchored, places[i].note.length, -i))
    middle = (low + high) / 2
    return min(range(len(places)), key=lambda i: (abs(places[i].note.step - middle), i))


def _climax_pitch(chord: Chord, scale: Sequence[int], area: Tessitura) -> int:
    """The highest chord tone of the area; of the song's peak, a chord tone above the area or else a scale tone."""
    if area.peak is not None:
        above = range(area.peak, area.high, -1)
        for classes in (chord.pitch_classes, scale):
            found = [pitch for pitch in above if pitch % 12 in classes]
            if found:
                return found[0]
        return area.peak
    tones = [pitch for pitch in range(area.high, area.low, -1) if pitch % 12 in chord.pitch_classes]
    return tones[0] if tones else area.high


def _anchor(context: PartContext, place: _Place, ladder: Sequence[int], climax: int) -> int:
    """Ladder index around which a unit moves: a chord tone near the lower middle, best the key's tonic or fifth."""
    wish = ladder[0] + (0.45 + place.note.lift) * (climax - ladder[0])
    tonic = context.plan.key.tonic_pitch_class
    pull = {tonic: 2.5, (tonic + 7) % 12: 1.5}
    tones = [i for i, pitch in enumerate(ladder) if pitch % 12 in place.chord.pitch_classes] or range(len(ladder))
    return min(tones, key=lambda i: (abs(ladder[i] - wish) - pull.get(ladder[i] % 12, 0.0), i))


def _fold(index: int, count: int) -> int:
    """An index reflected at both ends of a ladder."""
    if count == 1:
        return 0
    period = 2 * (count - 1)
    index %= period
    return index if index < count else period - index


def _tones(place: _Place, low: int, climax: int) -> list[int]:
    return [pitch for pitch in range(low, climax) if pitch % 12 in place.chord.pitch_classes]


def _fit(context: PartContext, place: _Place, target: int, previous: int, ladder: Sequence[int], climax: int) -> int:
    """The pitch nearest to the target that suits the chord where it has to."""
    tones = _tones(place, ladder[0], climax)
    foreign = set(place.chord.pitch_classes) - set(context.plan.key.pitch_classes)
    rubs = any((target - one) % 12 in (1, 11) for one in foreign)
    if not tones or not (place.anchored or rubs):
        return target
    if place.note.closing:
        home = [pitch for pitch in tones if pitch % 12 == context.plan.key.tonic_pitch_class]
        tones = home or tones
    return min(tones, key=lambda pitch: (abs(pitch - target) + NEARNESS * abs(pitch - previous), pitch))


def _answer_leaps(places: Sequence[_Place], pitches: list[int], ladder: Sequence[int], climax: int, top: int) -> None:
    """Turn the note after each leap back by a step or a third, where the chord allows it."""
    for i in range(2, len(places)):
        leap = pitches[i - 1] - pitches[i - 2]
        back = -1 if leap > 0 else 1
        if abs(leap) <= LEAP or i == top or (pitches[i] - pitches[i - 1]) * back > 0:
            continue
        options = _tones(places[i], ladder[0], climax) if places[i].anchored else list(ladder)
        behind = [pitch for pitch in options if 0 < (pitch - pitches[i - 1]) * back <= LEAP + 1]
        if behind:
            pitches[i] = min(behind, key=lambda pitch: abs(pitch - pitches[i - 1]))


def _to_notes(
    context: PartContext, style: MelodyStyle, places: Sequence[_Place], pitches: Sequence[int], top: int
) -> list[Note]:
    loud = style.velocity + 2.0 * (dynamic_level(context.section.energy) - 5.0)
    notes = []
    for i, (place, pitch) in enumerate(zip(places, pitches, strict=True)):
        velocity = loud + (8 if i == top else 3 if place.anchored else 0)
        duration = max(1, round(place.note.length * STEP_TICKS * style.gate))
        notes.append(Note(place.ticks, duration, pitch, max(1, min(127, round(velocity)))))
    return notes
