"""A small song for judges: 16 bars in A minor at 120 BPM, and its sound made of sines and noise."""

from __future__ import annotations

import numpy as np

from aurax.audio.waveform import SAMPLE_RATE, Waveform
from aurax.intent.contract import Contract, Requirement
from aurax.intent.intent import Intent
from aurax.score.chord import Chord, ChordSpan
from aurax.score.key import pitch_to_hz
from aurax.score.plan import Part, Plan, Section
from aurax.score.score import Note, Score, Track
from builders.small_plan import small_plan

BAR = 3840
AM = Chord("Am", "i", 9, (0, 3, 7), 9)
F = Chord("F", "bVI", 5, (0, 4, 7), 5)
C = Chord("C", "bIII", 0, (0, 4, 7), 0)
G = Chord("G", "bVII", 7, (0, 4, 7), 7)
FAMILIES = {
    "kick": ("drums",),
    "hat": ("drums",),
    "bass": ("bass", "sub bass"),
    "chords": ("piano", "keys"),
    "lead": ("lead", "synth lead"),
}


def make_plan(bars: int = 16, tempo_bpm: float = 120.0) -> Plan:
    """A quiet and a loud half."""
    half = bars // 2
    return small_plan(
        tonic="A",
        tempo_bpm=tempo_bpm,
        sections=(
            Section(name="verse", start_bar=0, bars=half, energy=4, parts=tuple(FAMILIES)),
            Section(name="chorus", start_bar=half, bars=bars - half, energy=8, parts=tuple(FAMILIES)),
        ),
        parts=tuple(
            Part(name=name, role=name, instrument=name, families=families) for name, families in FAMILIES.items()
        ),
        chords=tuple(ChordSpan(bar * BAR, BAR, (AM, F, C, G)[bar % 4]) for bar in range(bars)),
        tail_s=0.0,
    )


def make_tracks(plan: Plan) -> tuple[Track, ...]:
    """Kick, hat, bass, chords and a lead."""
    kick, hat, bass, chords, lead = [], [], [], [], []
    tune = (69, 72, 76, 74, 72, 71, 67, 69)
    for span in plan.chords:
        start, bar = span.start_ticks, span.start_ticks // BAR
        root = span.chord.root_pitch_class
        kick += [Note(start + beat * 960, 240, 36, 110) for beat in range(4)]
        hat += [Note(start + step * 480, 120, 42, 70 + 20 * (step % 2) + bar % 5) for step in range(8)]
        bass += [Note(start + half * 1920, 1800, 36 + root, 90 + 6 * half + bar % 7) for half in range(2)]
        chords += [Note(start, BAR - 60, 60 + root + step, 70 + bar % 11) for step in span.chord.intervals]
        third = root + span.chord.intervals[1]
        lead += [Note(start, 900, 72 + root % 12, 90 + bar % 8), Note(start + 1920, 900, 72 + third % 12, 84)]
        lead += [Note(start + 960 * (1 + 2 * turn), 900, tune[(bar + turn) % 8], 80 + turn) for turn in range(2)]
    voices = {"kick": kick, "hat": hat, "bass": bass, "chords": chords, "lead": lead}
    return tuple(
        Track(
            name=name,
            role=name,
            instrument=name,
            families=FAMILIES[name],
            gm_program=0,
            is_drums=name in ("kick", "hat"),
            notes=tuple(sorted(notes, key=lambda note: (note.start_ticks, note.pitch))),
        )
        for name, notes in voices.items()
    )


def sound_of(score: Score, tempo_bpm: float | None = None) -> Waveform:
    """Decaying sines for pitches, noise for hats, a low sine for kicks; stereo by two uncorrelated noise beds."""
    seconds_per_tick = 60.0 / ((tempo_bpm or score.plan.tempo_bpm) * 960)
    frames = round(score.plan.bars * BAR * seconds_per_tick * SAMPLE_RATE)
    rng = np.random.default_rng(7)
    out = 0.001 * rng.standard_normal((2, frames))
    for track in score.tracks:
        for note in track.notes:
            first = round(note.start_ticks * seconds_per_tick * SAMPLE_RATE)
            length = min(round(note.duration_ticks * seconds_per_tick * SAMPLE_RATE), frames - first)
            if length <= 0:
                continue
            time_s = np.arange(length) / SAMPLE_RATE
            fade = np.minimum(1.0, np.minimum(time_s, time_s[::-1]) * 200.0)
            if track.role == "hat":
                voice = 0.03 * rng.standard_normal(length) * np.exp(-time_s * 40.0)
            else:
                hertz = 50.0 if track.role == "kick" else pitch_to_hz(note.pitch)
                decay = 12.0 if track.role == "kick" else 2.0
                voice = 0.08 * np.sin(2.0 * np.pi * hertz * time_s) * np.exp(-time_s * decay)
            pan = {"chords": (1.0, 0.3), "hat": (0.4, 1.0)}.get(track.role, (1.0, 1.0))
            out[:, first : first + length] += np.outer(pan, voice * fade)
    return Waveform(out.astype(np.float32))


def make_intent(*requirements: Requirement, only: bool = False, wanted: tuple[str, ...] = ()) -> Intent:
    """An intent with these promises."""
    contract = Contract(requirements=requirements)
    return Intent(
        prompt="test", title="Test", style="test", duration_s=32, contract=contract, only_wanted=only, wanted=wanted
    )
