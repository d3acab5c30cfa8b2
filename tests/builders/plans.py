"""A small plan with chords, for the tests of the part writers."""

from __future__ import annotations

from aurax.compose.context import PartContext
from aurax.score.character import Character
from aurax.score.chord import Chord, ChordSpan
from aurax.score.instrument import DrumVoiceInfo, InstrumentInfo
from aurax.score.plan import Part, Plan, Section
from aurax.score.role import Role
from aurax.score.score import Note
from aurax.score.time import Meter
from builders.small_plan import production

QUALITIES = {"m9": (0, 3, 7, 10, 14), "maj7": (0, 4, 7, 11), "7": (0, 4, 7, 10), "m7": (0, 3, 7, 10), "": (0, 4, 7)}
ROOTS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11, "Bb": 10}

FORM = (("intro", 4, 3), ("verse", 8, 5), ("chorus", 16, 8), ("verse", 8, 5), ("chorus", 16, 9), ("outro", 4, 3))

VOICES: dict[str, tuple[int, Role]] = {
    "kick": (36, "kick"), "rim": (37, "snare"), "snare": (38, "snare"), "clap": (39, "snare"),
    "closed-hat": (42, "hat"), "tom-low": (45, "perc"), "open-hat": (46, "hat"), "crash": (49, "hat"),
    "tom-high": (50, "perc"), "shaker": (70, "perc"),
}  # fmt: skip


def chord(name: str) -> Chord:
    root_name, _, bass = name.partition("/")
    root = root_name[:2] if root_name[:2] in ROOTS else root_name[:1]
    quality = root_name[len(root) :]
    return Chord(name, name, ROOTS[root], QUALITIES[quality], ROOTS[bass or root])


def kit(*voices: str) -> InstrumentInfo:
    drums = tuple(DrumVoiceInfo(name=name, pitch=VOICES[name][0], role=VOICES[name][1]) for name in voices or VOICES)
    return InstrumentInfo(
        name="kit", title="Kit", description="A kit.", roles=("kick",), families=("drums",), pitched=False,
        lowest_pitch=35, highest_pitch=81, polyphony=16, tail_s=2.0, gm_program=0, velocity_response="louder",
        drum_voices=drums,
    )  # fmt: skip


def plan(
    form: tuple[tuple[str, int, float], ...] = FORM,
    chords: tuple[str, ...] = ("Am9", "Fmaj7", "C", "G"),
    *,
    seed: int = 1,
    meter: str = "4/4",
    tempo_bpm: float = 90.0,
    swing_percent: float = 50.0,
    tonic: str = "A",
    mode: str = "minor",
    character: Character | None = None,
) -> Plan:
    signature = Meter.parse(meter)
    sections, bar = [], 0
    for name, bars, energy in form:
        sections.append(Section(name=name, start_bar=bar, bars=bars, energy=energy, parts=("kick", "bass", "lead")))
        bar += bars
    spans = tuple(
        ChordSpan(i * signature.ticks_per_bar, signature.ticks_per_bar, chord(chords[i % len(chords)]))
        for i in range(bar if chords else 0)
    )
    return Plan(
        title="Test", style="test", tonic=tonic, mode=mode, tempo_bpm=tempo_bpm, meter=signature,
        swing_percent=swing_percent, seed=seed, sections=tuple(sections), chords=spans, tail_s=2.0,
        parts=(Part(name="lead", role="lead", instrument="soft-lead"),), character=character or Character(),
        production=production(),
    )  # fmt: skip


def context(song: Plan, index: int = 0, *, kick: tuple[Note, ...] = (), lead: tuple[Note, ...] = ()) -> PartContext:
    section = song.sections[index]
    start, end = (song.grid.bars_to_ticks(bar) for bar in (section.start_bar, section.end_bar))
    return PartContext(
        plan=song, section=section, section_index=index,
        pass_index=sum(one.name == section.name for one in song.sections[:index]),
        chords=tuple(span for span in song.chords if start <= span.start_ticks < end), kick=kick, lead=lead,
    )  # fmt: skip


def sixteenths(song: Plan, notes: tuple[Note, ...]) -> list[str]:
    """Readable events, such as `1.2.3 C4`: bar, beat and 16th from 1, then the pitch."""
    names = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
    events = []
    for note in notes:
        bar, place = divmod(note.start_ticks, song.meter.ticks_per_bar)
        beat, rest = divmod(place, song.meter.ticks_per_beat)
        events.append(f"{bar + 1}.{beat + 1}.{rest // 240 + 1} {names[note.pitch % 12]}{note.pitch // 12 - 1}")
    return events
