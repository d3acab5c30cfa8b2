"""Bass parts: rows of chord degrees that follow the chords, meet the kick and lead into the next chord.

A row has one place for each 16th: a degree (`1`, `3`, `5`, `6`, `8`, `b7`, ...), `-` to hold, `.` to rest.

Source: docs/facts/styles.md#bass-melody-and-sounds and docs/facts/composition.md#register.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from aurax.compose.bass_octaves import root_pitches
from aurax.compose.context import PartContext
from aurax.compose.dynamics import dynamic_level
from aurax.errors import InvalidOption
from aurax.score.chord import Chord, ChordSpan
from aurax.score.score import Note
from aurax.score.seeds import generator
from aurax.score.time import TICKS_PER_QUARTER, Meter

STEP_TICKS = TICKS_PER_QUARTER // 4
"""Ticks of a 16th."""

KickAnswer = Literal["none", "with", "between"]
"""How a bass meets the kick: not at all, doubling its off-beats, or stepping out of its way."""

INTERVALS: Mapping[str, tuple[int, ...]] = {
    "2": (2, 1), "3": (4, 3), "4": (5, 6), "5": (7, 6, 8), "6": (9, 8), "7": (11, 10),
    "b2": (1,), "b3": (3,), "b4": (4,), "b5": (6,), "b6": (8,), "b7": (10, 11),
}  # fmt: skip
"""Semitones above the root that a degree may mean, likeliest first."""

_PLACE = re.compile(r"b[2-7]|[1-8]|[.-]")


@dataclass(frozen=True, slots=True)
class BassRow:
    """One bar of bass.

    Args:
        row: 16 places.
        low_energy: least energy at which it plays.
        high_energy: greatest energy at which it plays.
    """

    row: str
    low_energy: float = 0.0
    high_energy: float = 10.0

    def __post_init__(self) -> None:
        if len(self.places) != 16 or "".join(self.places) != self.row:
            raise InvalidOption("a bass row of 16 degrees, dots and dashes", repr(self.row), "count its 16ths")

    @property
    def places(self) -> tuple[str, ...]:
        """The row, place by place."""
        return tuple(_PLACE.findall(self.row))


@dataclass(frozen=True)
class BassStyle:
    """How a style plays the bass.

    Args:
        rows: the style's patterns; each section draws one for its bars and one for every fourth.
        register: lowest and highest MIDI pitch; an octave and a half or more.
        kick_answer: how it meets the kick.
        held: hold one note per chord instead of any row.
        gate: sounding share of a note's length.
        approach_share: chance that a change of chord at a phrase's end is led into by a neighbour of the next root.
        velocity: of an unaccented note at energy 5.
    """

    rows: tuple[BassRow, ...]
    register: tuple[int, int] = (28, 47)
    kick_answer: KickAnswer = "none"
    held: bool = False
    gate: float = 0.9
    approach_share: float = 0.5
    velocity: int = 92


@dataclass(frozen=True, slots=True)
class _Event:
    """A bass note in 16ths of the section."""

    step: int
    length: int
    degree: str


def write_bass(context: PartContext, style: BassStyle) -> tuple[Note, ...]:
    """Write the bass of one section.

    Every chord is entered on its bass note, at the change itself where the pattern sounds there, else with the first
    note after it. Notes never overlap.

    Returns:
        The notes in order of time; empty where the section has no chords or no energy.
    """
    if not context.chords or context.section.energy <= 0:
        return ()
    if style.held:
        return _held(context, style)
    events = _meet_kick(context, style, _lay_out(context, style))
    return _sound(context, style, _split_at_changes(context, events))


def fit_places(places: tuple[str, ...], meter: Meter) -> tuple[str, ...]:
    """Fit 16 places to a bar of the meter, keeping its beginning and its last beat; a cut hold rests."""
    steps = meter.sixteenths_per_bar
    if steps <= 4:
        return places[:steps]
    return (places * (steps // 16 + 1))[: steps - 4] + places[-4:]


def degree_pitch(
    degree: str, chord: Chord, scale: tuple[int, ...], register: tuple[int, int], root: int | None = None
) -> int:
    """MIDI pitch of a row's degree over a chord.

    `1` and `8` are the chord's bass note; other degrees are the chord's own tone of that number, or else the scale's.

    Args:
        degree: `1` to `8`, or a flattened one such as `b7`.
        chord: what sounds.
        scale: pitch classes of the key.
        register: lowest and highest pitch.
        root: pitch of the bass note, from `bass_octaves.root_pitches`; in the register's lowest octave where none is
            given. An octave that finds no room above it is below.
    """
    low, high = register
    base = low + (chord.bass_pitch_class - low) % 12 if root is None else root
    if degree == "8":
        return base + 12 if base + 12 <= high else base - 12 if base - 12 >= low else _into(base, low, high)
    if degree == "1":
        return _into(base, low, high)
    classes = [(chord.root_pitch_class + interval) % 12 for interval in INTERVALS[degree]]
    fitting = [pc for pc in classes if pc in chord.pitch_classes] or [pc for pc in classes if pc in scale] or classes
    pitch_class = fitting[0]
    return _into(base + (pitch_class - chord.bass_pitch_class) % 12, low, high)


def _into(pitch: int, low: int, high: int) -> int:
    """The pitch, moved by octaves into the register."""
    while pitch > high:
        pitch -= 12
    while pitch < low:
        pitch += 12
    return pitch


def _pattern(context: PartContext, style: BassStyle) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The section's row and the one that relieves it in every fourth bar."""
    if not style.rows:
        raise InvalidOption("a bass style with at least one row", "none", "give it a row or let it hold its notes")
    energy = context.section.energy
    rng = generator(context.plan.seed, "bass", "row", context.section.name)
    order = [style.rows[int(place)] for place in rng.permutation(len(style.rows))]
    fitting = [one for one in order if one.low_energy <= energy <= one.high_energy] or order
    usual, other = fitting[0], fitting[1 % len(fitting)]
    return fit_places(usual.places, context.plan.meter), fit_places(other.places, context.plan.meter)


def _lay_out(context: PartContext, style: BassStyle) -> list[_Event]:
    usual, other = _pattern(context, style)
    events: list[_Event] = []
    for bar in range(context.section.bars):
        places = other if bar % 4 == 3 else usual
        for place, degree in enumerate(places):
            if degree in ".-":
                continue
            length = 1
            while place + length < len(places) and places[place + length] == "-":
                length += 1
            events.append(_Event(bar * len(places) + place, length, degree))
    return events


def _meet_kick(context: PartContext, style: BassStyle, events: list[_Event]) -> list[_Event]:
    """Double the kick's off-beats, or step out of its way, as the style wants."""
    kicks = {round((note.start_ticks - context.start_ticks) / STEP_TICKS) for note in context.kick}
    if not kicks or style.kick_answer == "none":
        return events
    taken = {event.step for event in events}
    sounding = {event.step + place for event in events for place in range(event.length)}
    if style.kick_answer == "with":
        added = [_Event(step, 1, "1") for step in kicks - sounding]
        return sorted(events + added, key=lambda event: event.step)
    bar = context.plan.meter.sixteenths_per_bar
    moved = []
    for event in events:
        crowded = event.step in kicks and event.step % bar and event.step + 1 not in taken
        moved.append(_Event(event.step + 1, max(1, event.length - 1), event.degree) if crowded else event)
    return moved


def _split_at_changes(context: PartContext, events: list[_Event]) -> list[_Event]:
    """Cut held notes where the chord changes and enter every chord on its bass note."""
    changes = [round((span.start_ticks - context.start_ticks) / STEP_TICKS) for span in context.chords]
    split: list[_Event] = []
    for event in events:
        end = event.step + event.length
        inner = [change for change in changes if event.step < change < end]
        bounds = [event.step, *inner, end]
        degrees = [event.degree] + ["1"] * len(inner)
        split += [_Event(a, b - a, d) for a, b, d in zip(bounds, bounds[1:], degrees, strict=False)]
    entered: list[_Event] = []
    waiting = sorted(changes)
    for event in split:
        enters = bool(waiting) and waiting[0] <= event.step
        while waiting and waiting[0] <= event.step:
            waiting.pop(0)
        keeps = event.degree == "8"
        entered.append(_Event(event.step, event.length, "1") if enters and not keeps else event)
    return entered


def _sound(context: PartContext, style: BassStyle, events: list[_Event]) -> tuple[Note, ...]:
    bar_steps = context.plan.meter.sixteenths_per_bar
    roots = root_pitches(context.plan, style.register)
    loud = style.velocity + 2.0 * (dynamic_level(context.section.energy) - 5.0)
    notes: list[Note] = []
    for event, following in zip(events, [*events[1:], None], strict=True):
        start = context.start_ticks + event.step * STEP_TICKS
        end_step = min(event.step + event.length, following.step if following else event.step + event.length)
        if start >= context.end_ticks or end_step <= event.step:
            continue
        end = min(context.end_ticks, context.start_ticks + end_step * STEP_TICKS)
        pitch = _pitch(context, style, event.degree, start, roots)
        lead_in = _approach(context, style, event, following, pitch, roots)
        entered = bool(notes) and notes[-1].start_ticks >= context.chord_at(start).start_ticks
        if entered and lead_in is None:
            pitch = _beside_next(context, style, start, following, pitch, roots)
        accent = 6 if event.step % bar_steps == 0 else -4 if lead_in is not None or event.step % 2 else 0
        duration = max(1, round((end - start) * style.gate))
        notes.append(Note(start, duration, lead_in or pitch, max(1, min(127, round(loud + accent)))))
    return tuple(notes)


def _pitch(context: PartContext, style: BassStyle, degree: str, tick: int, roots: Mapping[int, int]) -> int:
    span = context.chord_at(tick)
    scale = context.plan.key.pitch_classes
    return degree_pitch(degree, span.chord, scale, style.register, roots.get(span.start_ticks))


def _beside_next(
    context: PartContext, style: BassStyle, start: int, following: _Event | None, pitch: int, roots: Mapping[int, int]
) -> int:
    """The last note of a chord where the next root is no seventh away: in another octave, else the chord's own root."""
    tick = context.end_ticks if following is None else context.start_ticks + following.step * STEP_TICKS
    now = context.chord_at(start)
    upcoming = next((span for span in reversed(context.plan.chords) if span.start_ticks <= tick), now)
    target = roots.get(upcoming.start_ticks)
    if target is None or upcoming.chord.bass_pitch_class == now.chord.bass_pitch_class:
        return pitch
    low, high = style.register
    nearer = [one for one in (pitch - 12, pitch + 12) if low <= one <= high]
    tried = [pitch, *nearer, roots.get(now.start_ticks, pitch)]
    return next((one for one in tried if not 8 <= abs(target - one) <= 11), pitch)


def _approach(
    context: PartContext, style: BassStyle, event: _Event, following: _Event | None, pitch: int,
    roots: Mapping[int, int],
) -> int | None:  # fmt: skip
    """A neighbour of the next root for the last note of every fourth bar, never for the note that enters a chord."""
    bar_steps = context.plan.meter.sixteenths_per_bar
    bar, place = divmod(event.step, bar_steps)
    if following is None or bar % 4 != 3 or place < bar_steps - 4 or following.step < (bar + 1) * bar_steps:
        return None
    start = context.start_ticks + event.step * STEP_TICKS
    now = context.chord_at(start)
    upcoming = context.chord_at(context.start_ticks + following.step * STEP_TICKS)
    if now.chord.bass_pitch_class == upcoming.chord.bass_pitch_class or now.start_ticks == start:
        return None
    rng = generator(context.plan.seed, "bass", "approach", context.section.name, bar % 8)
    if rng.random() >= style.approach_share:
        return None
    target = _pitch(context, style, "1", upcoming.start_ticks, roots)
    side = 1 if pitch > target else -1
    near = [target + side * distance for distance in (1, 2) if target + side * distance != pitch]
    in_key = [one for one in near if one % 12 in context.plan.key.pitch_classes]
    chosen = (in_key or near)[0]
    low, high = style.register
    return chosen if low <= chosen <= high else None


def _held(context: PartContext, style: BassStyle) -> tuple[Note, ...]:
    """One note for each bass note; spans that share it melt into one."""
    spans: list[ChordSpan] = []
    for span in context.chords:
        if spans and spans[-1].chord.bass_pitch_class == span.chord.bass_pitch_class:
            first = spans.pop()
            span = ChordSpan(first.start_ticks, span.end_ticks - first.start_ticks, first.chord)
        spans.append(span)
    loud = round(style.velocity + 2.0 * (dynamic_level(context.section.energy) - 5.0))
    roots = root_pitches(context.plan, style.register)
    notes = []
    for span in spans:
        start, end = max(span.start_ticks, context.start_ticks), min(span.end_ticks, context.end_ticks)
        if end > start:
            pitch = _pitch(context, style, "1", span.start_ticks, roots)
            notes.append(Note(start, max(1, round((end - start) * style.gate)), pitch, max(1, min(127, loud))))
    return tuple(notes)
