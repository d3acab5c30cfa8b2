"""Performance: every part of a planned song written, grooved and kept within its instrument."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace

from aurax.compose.arp import write_arp
from aurax.compose.arrangement import entry_bars
from aurax.compose.bass import write_bass
from aurax.compose.comping import LIFTED_SECTIONS, write_chords
from aurax.compose.context import PartContext
from aurax.compose.counter import hold_guide_tones, write_counter
from aurax.compose.drums import drop_out_ticks, write_drums
from aurax.compose.ending import write_ending
from aurax.compose.groove import apply_groove
from aurax.compose.melody import write_melody
from aurax.compose.motif import Motif, make_motif
from aurax.compose.pad import write_pad
from aurax.compose.style import Style
from aurax.compose.transitions import write_impact, write_riser, write_texture
from aurax.compose.voicing import Voicing, VoicingKey, VoicingStyle, voice_chords
from aurax.score.chord import Chord
from aurax.score.instrument import InstrumentInfo
from aurax.score.plan import Part, Plan
from aurax.score.role import DRUM_ROLES, Role
from aurax.score.score import Note

WRITING_ORDER: tuple[Role, ...] = (
    "kick", "snare", "hat", "perc", "bass", "chords", "pad", "lead", "counter", "arp", "fx", "texture",
)  # fmt: skip
"""Who is written after whom: the bass answers the kick, the counter-melody answers the lead."""

DROP_OUT_ROLES: frozenset[Role] = frozenset({"bass", "arp"})
"""Pitched roles that fall silent with the drums before a chorus."""

Voicings = Mapping[VoicingKey, Voicing]


def write_parts(plan: Plan, style: Style, instruments: Mapping[str, InstrumentInfo]) -> dict[str, tuple[Note, ...]]:
    """Write all parts.

    Args:
        plan: the song.
        style: how each role is written.
        instruments: installed instruments by name.

    Returns:
        Notes of each part by its name, in order of time, then pitch.
    """
    contexts = _contexts(plan)
    motifs = {name: make_motif(plan, style.melody, name) for name in dict.fromkeys(one.name for one in plan.sections)}
    raw: dict[str, tuple[Note, ...]] = {}
    voicings: dict[str, Voicings] = {}
    sounding: dict[tuple[Role, int], tuple[Note, ...]] = {}
    for part in sorted(plan.parts, key=lambda one: WRITING_ORDER.index(one.role)):
        info = instruments[part.instrument]
        if part.role in ("chords", "pad"):
            wish = style.chords.voicing if part.role == "chords" else style.pad.voicing
            voicings[part.name] = voice_chords(_chord_sequence(plan), _within(wish, info, plan))
        notes: list[Note] = []
        for index, context in enumerate(contexts):
            if part.name not in context.section.parts:
                continue
            informed = replace(context, kick=sounding.get(("kick", index), ()), lead=sounding.get(("lead", index), ()))
            enters = context.start_ticks + plan.grid.bars_to_ticks(entry_bars(plan, index).get(part.name, 0))
            written = _write(informed, part, info, style, motifs, voicings.get(part.name, {}))
            heard = tuple(note for note in written if note.start_ticks >= enters)
            if part.role == "counter" and informed.lead and not heard:
                heard = tuple(note for note in hold_guide_tones(informed, style.counter) if note.start_ticks >= enters)
            sounding[part.role, index] = heard
            notes += heard
        raw[part.name] = write_ending(tuple(notes), plan, part, info, voicings.get(part.name, {}))
    finished = {}
    for part in plan.parts:
        tidied = tidy_notes(raw[part.name], plan, part.role, instruments[part.instrument])
        finished[part.name] = apply_groove(tidied, plan, style.groove, part.role)
    return finished


def tidy_notes(notes: tuple[Note, ...], plan: Plan, role: Role, info: InstrumentInfo) -> tuple[Note, ...]:
    """Fold notes into the instrument's range, end them before the song does and let no pitch overlap itself.

    Args:
        notes: of one part.
        plan: for the song's length.
        role: of the part; drum keys are never moved.
        info: range of the instrument.
    """
    end = plan.grid.s_to_ticks(plan.duration_s)
    loudest: dict[tuple[int, int], Note] = {}
    for note in notes:
        pitch = note.pitch if role in DRUM_ROLES else _fold(note.pitch, info.lowest_pitch, info.highest_pitch)
        length = min(note.duration_ticks, end - note.start_ticks)
        if length <= 0 or note.start_ticks < 0:
            continue
        folded = replace(note, pitch=pitch, duration_ticks=length)
        place = (pitch, note.start_ticks)
        if place not in loudest or loudest[place].velocity < note.velocity:
            loudest[place] = folded
    tidied: list[Note] = []
    for _, same in itertools.groupby(sorted(loudest), key=lambda place: place[0]):
        column = [loudest[place] for place in same]
        for note, following in itertools.pairwise(column):
            limit = following.start_ticks - note.start_ticks
            tidied.append(replace(note, duration_ticks=min(note.duration_ticks, limit)))
        tidied.append(column[-1])
    return tuple(sorted(tidied, key=lambda note: (note.start_ticks, note.pitch)))


def _write(
    context: PartContext, part: Part, info: InstrumentInfo, style: Style, motifs: Mapping[str, Motif],
    voicings: Voicings,
) -> tuple[Note, ...]:  # fmt: skip
    if part.role in DRUM_ROLES:
        return write_drums(context, style.drums, part.role, info)
    writers: dict[Role, Callable[[], tuple[Note, ...]]] = {
        "bass": lambda: write_bass(context, style.bass),
        "chords": lambda: write_chords(context, style.chords, voicings, part.name),
        "pad": lambda: write_pad(context, style.pad, voicings),
        "lead": lambda: write_melody(context, style.melody, motifs[context.section.name]),
        "counter": lambda: write_counter(context, style.counter),
        "arp": lambda: write_arp(context, style.arp, part.name),
        "fx": lambda: (
            write_riser(context, style.fx, placed=True)
            if "riser" in info.families
            else write_impact(context, style.fx, info.lowest_pitch, info.highest_pitch, placed=True)
        ),
        "texture": lambda: write_texture(context, style.fx),
    }
    notes = writers[part.role]()
    silent_from = drop_out_ticks(context, style.drums) if part.role in DROP_OUT_ROLES else None
    if silent_from is None or not _drums_play(context):
        return notes
    return tuple(
        replace(note, duration_ticks=min(note.duration_ticks, silent_from - note.start_ticks))
        for note in notes
        if note.start_ticks < silent_from
    )


def _drums_play(context: PartContext) -> bool:
    roles = {part.name: part.role for part in context.plan.parts}
    return any(roles[name] in DRUM_ROLES for name in context.section.parts)


def _contexts(plan: Plan) -> list[PartContext]:
    passes: dict[str, int] = {}
    contexts: list[PartContext] = []
    for index, section in enumerate(plan.sections):
        start, end = plan.grid.bars_to_ticks(section.start_bar), plan.grid.bars_to_ticks(section.end_bar)
        chords = tuple(span for span in plan.chords if start <= span.start_ticks < end)
        contexts.append(PartContext(plan, section, index, passes.get(section.name, 0), chords))
        passes[section.name] = passes.get(section.name, 0) + 1
    return contexts


def _chord_sequence(plan: Plan) -> list[tuple[bool, Chord]]:
    return [
        (plan.section_at(plan.grid.ticks_to_bar(span.start_ticks)).name in LIFTED_SECTIONS, span.chord)
        for span in plan.chords
    ]


def _within(wish: VoicingStyle, info: InstrumentInfo, plan: Plan) -> VoicingStyle:
    """The register of a part: the style's, within the instrument's, its middle moved half as far as the prompt asks."""
    center = wish.center + plan.character.register_semitones / 2.0
    return replace(wish, low=max(wish.low, info.lowest_pitch), high=min(wish.high, info.highest_pitch), center=center)


def _fold(pitch: int, low: int, high: int) -> int:
    while pitch < low:
        pitch += 12
    while pitch > high:
        pitch -= 12
    return max(low, pitch)
