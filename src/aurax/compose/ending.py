"""Endings: how a song stops.

`ring` holds the last chord into the tail, `hit` plays on and strikes it short on the downbeat after the last bar,
`strip` takes parts away before it rings, `fade` holds it while the level falls (an automation). A loop has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from aurax.compose.comping import LIFTED_SECTIONS
from aurax.compose.voicing import Voicing, VoicingKey
from aurax.intent.intent import Intent
from aurax.score.chord import Chord
from aurax.score.instrument import InstrumentInfo
from aurax.score.plan import LOOP_ENDING, Part, Plan
from aurax.score.role import DRUM_ROLES, Role
from aurax.score.score import Note
from aurax.score.seeds import generator

LEAST_BARS = 4
"""Shorter songs have no bar to spare for an ending; their last chord rings by itself."""

CRASH_ENERGY = 6.0
"""Songs that never reach this energy end without a cymbal, unless they end with a hit."""

LONGEST_RING_S = 2.5
"""Tails longer than this hear the last chord again."""

RELEASE_S = 1.5
"""Kept free at the song's end for releases."""

_LEAVES_BEFORE_BARS: dict[Role, int] = {"lead": 4, "counter": 4, "arp": 3, "perc": 4, "hat": 3, "snare": 2, "kick": 2}
"""In a strip-down: how many bars before the last one a role falls silent."""


def choose_ending(intent: Intent, endings: Mapping[str, float], seed: int) -> str:
    """How a song ends: as asked, else drawn from the style's endings, of which none is taken that was refused.

    Args:
        intent: what the person wants.
        endings: the style's, with their weights.
        seed: of the song.
    """
    if intent.loop:
        return LOOP_ENDING
    if intent.ending != "style":
        return intent.ending
    names = [name for name in sorted(endings) if name not in intent.refused_endings]
    if not names:
        # Every ending of the style is refused: another kind, else the one that does least.
        return next((one for one in ("ring", "hit", "strip", "fade") if one not in intent.refused_endings), "ring")
    total = sum(endings[name] for name in names)
    return str(generator(seed, "ending").choice(names, p=[endings[name] / total for name in names]))


def write_ending(
    notes: tuple[Note, ...], plan: Plan, part: Part, info: InstrumentInfo, voicings: Mapping[VoicingKey, Voicing]
) -> tuple[Note, ...]:
    """Replace the last bar of a part by its last note or chord; a hit comes after that bar.

    Args:
        notes: the part's notes in the whole song.
        plan: sections, chords and the kind of ending.
        part: who plays.
        info: the part's instrument, for the keys of its drums.
        voicings: pitches of the last chord for chord and pad parts.
    """
    if plan.is_loop or plan.bars < LEAST_BARS or part.role in ("fx", "texture"):
        return notes
    last_bar = plan.grid.bars_to_ticks(plan.bars if plan.ending == "hit" else plan.bars - 1)
    stop = last_bar
    if plan.ending == "strip":
        early = min(_LEAVES_BEFORE_BARS.get(part.role, 0), plan.sections[-1].bars // 2)
        stop = plan.grid.bars_to_ticks(plan.bars - 1 - early)
    kept = [
        note
        if part.role in DRUM_ROLES
        else replace(note, duration_ticks=min(note.duration_ticks, stop - note.start_ticks))
        for note in notes
        if note.start_ticks < stop
    ]
    if part.name not in plan.sections[-1].parts or stop < last_bar:
        return tuple(kept)
    return (*kept, *_last_notes(plan, part, info, voicings, notes, kept, last_bar))


def _last_notes(
    plan: Plan, part: Part, info: InstrumentInfo, voicings: Mapping[VoicingKey, Voicing], written: Sequence[Note],
    kept: list[Note], start: int,
) -> list[Note]:  # fmt: skip
    beat = plan.meter.ticks_per_beat
    ring = plan.grid.s_to_ticks(plan.duration_s - RELEASE_S) - start
    length = beat if plan.ending == "hit" else ring
    chord = plan.chords[-1].chord
    velocity = 100 if plan.ending == "hit" else 78
    if part.role in ("chords", "pad"):
        lifted = plan.sections[-1].name in LIFTED_SECTIONS
        pitches = voicings.get((lifted, chord.symbol), ())
        again = plan.grid.bars_to_ticks(plan.bars)
        if part.role == "chords" and plan.ending != "hit" and plan.tail_s > LONGEST_RING_S:
            # Struck keys fade within seconds; once more, softly, on the downbeat after the last bar.
            return [
                note
                for pitch in pitches
                for note in (
                    Note(start, again - start, pitch, velocity),
                    Note(again, start + length - again, pitch, velocity - 16),
                )
            ]
        return [Note(start, length, pitch, velocity) for pitch in pitches]
    if part.role == "bass":
        return [Note(start, length, _last_root(chord, written, info), velocity)]
    if part.role == "arp" and kept:
        near = kept[-1].pitch
        return [Note(start, length, near - (near - chord.root_pitch_class) % 12, velocity - 20)]
    voices = {drum.name: drum.pitch for drum in info.drum_voices}
    for role, voice in (("kick", "kick"), ("hat", "crash")):
        if part.role == role and voice in voices:
            if voice == "crash" and plan.ending != "hit" and max(one.energy for one in plan.sections) < CRASH_ENERGY:
                return []
            return [Note(start, beat // 4, voices[voice], velocity if plan.ending == "hit" else velocity - 18)]
    return []


def _last_root(chord: Chord, written: Sequence[Note], info: InstrumentInfo) -> int:
    """The closing bass note: the last root that the line itself had written, else the nearest to its last note."""
    near = written[-1].pitch if written else info.lowest_pitch + 12
    low, high = min((note.pitch for note in written), default=near), max((note.pitch for note in written), default=near)
    own = [note.pitch for note in written if note.pitch % 12 == chord.root_pitch_class]
    inside = [pitch for pitch in range(low, high + 1) if pitch % 12 == chord.root_pitch_class]
    if own or inside:
        return own[-1] if own else min(inside, key=lambda pitch: abs(pitch - near))
    return low + (chord.root_pitch_class - low) % 12
