"""A small song for judges: 16 bars in A minor at 120 BPM, and its sound made of sines and noise."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from aurax.audio.waveform import SAMPLE_RATE, Waveform
from aurax.intent.contract import Contract, Requirement
from aurax.intent.intent import Intent
from aurax.intent.wish import Wish
from aurax.judge.criterion import Evidence, StemMeasurements
from aurax.score.chord import Chord, ChordSpan
from aurax.score.key import pitch_to_hz
from aurax.score.plan import Part, Plan, Section
from aurax.score.production import ProductionProfile, SpectrumTarget
from aurax.score.score import Note, Score, Track
from aurax.score.time import Meter

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
    half = bars // 2
    return Plan(
        title="Test",
        style="test",
        tonic="A",
        mode="minor",
        tempo_bpm=tempo_bpm,
        meter=Meter(),
        seed=1,
        sections=(
            Section(name="verse", start_bar=0, bars=half, energy=4, parts=tuple(FAMILIES)),
            Section(name="chorus", start_bar=half, bars=bars - half, energy=8, parts=tuple(FAMILIES)),
        ),
        parts=tuple(
            Part(name=name, role=name, instrument=name, families=families) for name, families in FAMILIES.items()
        ),
        chords=tuple(ChordSpan(bar * BAR, BAR, (AM, F, C, G)[bar % 4]) for bar in range(bars)),
        tail_s=0.0,
        production=ProductionProfile(
            role_level_lu={},
            sidechain_bass_db=0,
            sidechain_pad_db=0,
            sidechain_release_s=0.1,
            reverb_return_lu=-20,
            reverb_s=1.0,
            spectrum=SpectrumTarget(
                peak_hz=70,
                slope_100_1k_db_per_octave=-5,
                slope_1k_5k_db_per_octave=-4,
                slope_5k_15k_db_per_octave=-6.5,
                low_over_1k_db=16,
            ),
        ),
    )


def make_tracks(plan: Plan) -> tuple[Track, ...]:
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
    contract = Contract(requirements=requirements)
    return Intent(
        prompt="test", title="Test", style="test", duration_s=32, contract=contract, only_wanted=only, wanted=wanted
    )


_PLAN = make_plan()
_SCORE = Score(_PLAN, make_tracks(_PLAN))
_SOUND = sound_of(_SCORE)


@pytest.fixture(scope="session")
def score() -> Score:
    return _SCORE


@pytest.fixture(scope="session")
def sound() -> Waveform:
    return _SOUND


@pytest.fixture(scope="session")
def evidence_of(score: Score, sound: Waveform) -> Callable[..., Evidence]:
    """Evidence of the small song with some of it replaced."""
    stems = {track.name: StemMeasurements(-20.0, -6.0, 0.8, track.role) for track in score.tracks}
    good = Evidence(make_intent(), score, stems, master=sound, null_residual_dbfs=-120.0)

    def build(*requirements: Requirement, **changes: object) -> Evidence:
        only = bool(changes.pop("only", False))
        wanted = changes.pop("wanted", ())
        return replace(good, intent=make_intent(*requirements, only=only, wanted=wanted), **changes)  # type: ignore[arg-type]

    return build


@pytest.fixture(scope="session")
def wished(evidence_of: Callable[..., Evidence]) -> Callable[..., Evidence]:
    """Evidence of the small song for one wish and the promise that keeps it; further fields are the intent's."""

    def build(criterion: str, wish: Wish, target: str | None = None, played_by: str = "", **fields: object) -> Evidence:
        promise = Requirement(
            criterion=criterion, target=target or wish.value, quote=wish.words, wish=0, played_by=played_by
        )
        changes = {name: fields.pop(name) for name in ("score", "stems", "master") if name in fields}
        evidence = evidence_of(promise, **changes)
        return replace(evidence, intent=evidence.intent.model_copy(update={"wishes": (wish,), **fields}))

    return build


@pytest.fixture(scope="session")
def retuned(score: Score) -> Callable[..., Score]:
    """The small song with one track's notes changed, or a track replaced by none."""

    def build(name: str, change: Callable[[Note], Note | None]) -> Score:
        tracks = tuple(
            replace(track, notes=tuple(new for note in track.notes if (new := change(note)) is not None))
            if track.name == name
            else track
            for track in score.tracks
        )
        return Score(score.plan, tracks)

    return build


@pytest.fixture(scope="session")
def render() -> Callable[..., Waveform]:
    return sound_of
