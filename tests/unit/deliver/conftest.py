"""One small song built by hand, with everything a delivery needs."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from builders.small_plan import production

from aurax.audio.waveform import SAMPLE_RATE, Waveform
from aurax.deliver.record import MasterRecord, MixRecord, SongRecord, StemRecord, TakeRecord, plan_record
from aurax.intent.contract import Contract, Requirement
from aurax.intent.intent import Intent
from aurax.judge.verdict import Check, PartVerdict, Verdict, Where
from aurax.score.chord import Chord, ChordSpan
from aurax.score.plan import Part, Plan, Section
from aurax.score.production import SpectrumTarget
from aurax.score.score import AutomationLane, Note, Score, Track
from aurax.score.time import Meter

BAR = 3840
PROMPT = "warm lo-fi, 120 bpm, D minor, with electric piano & <script>alert('x')</script> and no guitar"


@pytest.fixture
def plan() -> Plan:
    chords = [
        Chord("Dm9", "i9", 2, (0, 3, 7, 10, 14), 2),
        Chord("Bbmaj7", "bVImaj7", 10, (0, 4, 7, 11), 10),
    ]
    forms = [
        ("intro", 2, 3.0),
        ("verse", 4, 5.0),
        ("chorus", 4, 8.0),
        ("verse", 4, 5.5),
        ("chorus", 4, 9.0),
        ("outro", 2, 2.0),
    ]
    sections, bar = [], 0
    for name, bars, energy in forms:
        parts = ("chords",) if name in ("intro", "outro") else ("kick", "bass", "chords")
        sections.append(Section(name=name, start_bar=bar, bars=bars, energy=energy, parts=parts))
        bar += bars
    return Plan(
        title="Rain & Tape",
        style="lo-fi",
        tonic="D",
        mode="minor",
        tempo_bpm=120.0,
        meter=Meter(),
        seed=7,
        sections=tuple(sections),
        parts=(
            Part(name="kick", role="kick", instrument="kit-lofi"),
            Part(name="bass", role="bass", instrument="sub-bass"),
            Part(name="chords", role="chords", instrument="electric-piano"),
        ),
        chords=tuple(ChordSpan(i * BAR, BAR, chords[i % 2]) for i in range(bar)),
        tail_s=2.0,
        production=production(
            role_level_lu={"kick": -6.0, "bass": -7.0, "chords": -8.0},
            sidechain_bass_db=3.0,
            sidechain_pad_db=2.0,
            sidechain_release_s=0.2,
            reverb_return_lu=-18.0,
            reverb_s=1.8,
            spectrum=SpectrumTarget(
                peak_hz=70.0,
                slope_100_1k_db_per_octave=-4.5,
                slope_1k_5k_db_per_octave=-6.0,
                slope_5k_15k_db_per_octave=-9.0,
                low_over_1k_db=18.0,
            ),
        ),
    )


@pytest.fixture
def score(plan: Plan) -> Score:
    kick = [Note(bar * BAR + beat * 960, 240, 36, 110) for bar in range(2, 18) for beat in (0, 2)]
    bass = [Note(bar * BAR, 1800, 38 if bar % 2 == 0 else 34, 90, offset_ticks=12) for bar in range(2, 18)]
    chords = [
        Note(span.start_ticks, 3600, pitch, 70, offset_ticks=-6)
        for span in plan.chords
        for pitch in ((50, 53, 57, 60, 64) if span.chord.symbol == "Dm9" else (46, 50, 53, 57))
    ]
    return Score(
        plan,
        (
            Track("kick", "kick", "kit-lofi", ("drums",), 0, True, tuple(kick)),
            Track("bass", "bass", "sub-bass", ("bass",), 38, False, tuple(bass)),
            Track(
                "chords",
                "chords",
                "electric-piano",
                ("keys",),
                4,
                False,
                tuple(chords),
                lanes=(AutomationLane("level_db", ((0, -12.0), (2 * BAR, 0.0))),),
            ),
        ),
    )


@pytest.fixture
def master(plan: Plan) -> Waveform:
    """Plucked tones on every beat, so that pictures have something to show."""
    frames = round(plan.duration_s * SAMPLE_RATE)
    time_s = np.arange(frames, dtype=np.float32) / SAMPLE_RATE
    tone = 0.3 * np.sin(2 * np.pi * 146.8 * time_s) * np.exp(-4 * (time_s % 0.5))
    left = tone + 0.02 * np.sin(2 * np.pi * 3000 * time_s)
    return Waveform(np.stack([left, tone]).astype(np.float32))


@pytest.fixture
def record(plan: Plan, master: Waveform) -> SongRecord:
    contract = Contract(
        requirements=(
            Requirement(criterion="tempo", target=120.0, tolerance=0.5, unit="bpm", quote="120 bpm"),
            Requirement(criterion="instrument_absent", target="guitar", quote="no guitar"),
        )
    )
    intent = Intent(
        prompt=PROMPT,
        title=plan.title,
        style=plan.style,
        moods=("warm",),
        tempo_bpm=120.0,
        tonic="D",
        mode="minor",
        duration_s=42.0,
        wanted=("electric piano",),
        unwanted=("guitar",),
        contract=contract,
        assumptions=("No length was asked for; lo-fi songs last about 42 s here.",),
        unknown_words=("alert", "x"),
    )
    verdict = Verdict(
        passed=True,
        score=91.5,
        fidelity=PartVerdict(passed=True, score=100.0),
        quality=PartVerdict(passed=True, score=91.5),
        checks=(
            Check(name="tempo", layer="plan", low=119.5, high=120.5, measured=120.02, unit="bpm", passed=True),
            Check(
                name="instrument_absent:guitar", layer="score", target="no guitar", measured="none plays", passed=True
            ),
            Check(
                name="spectrum",
                layer="master",
                high=3.0,
                measured=4.1,
                unit="db",
                note="at 200 Hz",
                passed=False,
                where=Where(bars=(3, 4, 5, 9), stem="bass"),
            ),
        ),
    )
    return SongRecord(
        id="0197",
        created_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        aurax_version="0.1.0",
        prompt=PROMPT,
        seed=7,
        mode="symbolic",
        engine="symbolic",
        engines=(),
        credits=(),
        intent=intent,
        plan=plan_record(plan),
        master=MasterRecord(
            path="master.flac",
            sample_rate=48_000,
            channels=2,
            duration_s=master.duration_s,
            integrated_lufs=-14.02,
            true_peak_dbtp=-1.1,
            loudness_range_lu=5.2,
        ),
        mix=MixRecord(
            path="mix.flac",
            sample_rate=48_000,
            channels=2,
            duration_s=master.duration_s,
            integrated_lufs=-20.3,
            true_peak_dbtp=-6.5,
            null_residual_dbfs=-138.0,
        ),
        stems=(
            StemRecord(name="kick", role="kick", path="stems/01 kick.flac", integrated_lufs=-22.1),
            StemRecord(name="bass", role="bass", path="stems/02 bass.flac", integrated_lufs=-21.4),
            StemRecord(name="chords", role="chords", path="stems/03 chords.flac", integrated_lufs=-24.0),
            StemRecord(name="reverb", role="return", path="stems/04 reverb.flac", integrated_lufs=None),
        ),
        midi="song.mid",
        dawproject="song.dawproject",
        report="report.html",
        verdict=verdict,
        takes=(
            TakeRecord(
                number=1, seed=7, parent=None, redone_layer=None, reason="first take",
                passed=False, score=74.0, failures=("loudness", "spectrum"), accepted=False,
            ),
            TakeRecord(
                number=2, seed=7, parent=1, redone_layer="mix", reason="loudness was 2 LU low",
                passed=True, score=91.5, failures=("spectrum",), accepted=True,
            ),
        ),
        timings_s={"intent": 0.02, "compose": 0.4, "render": 3.1, "mix": 2.0, "deliver": 2.0, "total": 7.5},
        cost_usd=0.0,
    )  # fmt: skip
