"""Small Faust instruments and scores that play them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from aurax.render.instrument import Instrument, load_instrument
from aurax.score.plan import Plan, Section
from aurax.score.production import ProductionProfile, SpectrumTarget
from aurax.score.score import Note, Score, Track
from aurax.score.time import Meter

SOURCE = """
freq = hslider("freq", 440, 20, 20000, 0.01);
gain = hslider("gain", 0.5, 0, 1, 0.001);
gate = button("gate");
level = hslider("level", 0.5, 0, 1, 0.001);
trig = gate > gate';
phase = (+(freq / ma.SR) : ma.frac) ~ *(1 - trig);
process = sin(2 * ma.PI * phase) * en.adsr(0.005, 0.05, 0.7, 0.3, gate) * gain * level <: _,_;
"""
DESCRIPTION = """
name = "{name}"
title = "Sine"
description = "A sine with an envelope."
roles = ["lead"]
families = ["sine"]
pitched = true
lowest_pitch = 24
highest_pitch = 108
polyphony = 8
tail_s = 0.4
gm_program = 80
velocity_response = "level only"
dsp = "voice.dsp"

[[parameters]]
name = "level"
default = 0.5
low = 0.0
high = 1.0
meaning = "loudness"
"""


def instrument(folder: Path, name: str, source: str) -> Instrument:
    """Write an instrument's folder and load it."""
    (folder / name).mkdir()
    (folder / name / "instrument.toml").write_text(DESCRIPTION.format(name=name))
    (folder / name / "voice.dsp").write_text(source)
    return load_instrument(folder / name)


def song(*tracks: tuple[str, list[Note]], bars: int = 8) -> Score:
    """Tracks of (instrument, notes) at 120 bpm, where bars and 16ths are whole frames."""
    spectrum = SpectrumTarget(
        peak_hz=80,
        slope_100_1k_db_per_octave=-4,
        slope_1k_5k_db_per_octave=-5,
        slope_5k_15k_db_per_octave=-8,
        low_over_1k_db=20,
    )
    production = ProductionProfile(
        role_level_lu={},
        sidechain_bass_db=0,
        sidechain_pad_db=0,
        sidechain_release_s=0.2,
        reverb_return_lu=-12,
        reverb_s=1.5,
        spectrum=spectrum,
    )
    plan = Plan(
        title="Test",
        style="test",
        tonic="C",
        mode="minor",
        tempo_bpm=120,
        meter=Meter(),
        seed=1,
        sections=(Section(name="verse", start_bar=0, bars=bars, energy=5, parts=()),),
        parts=(),
        chords=(),
        tail_s=3.0,
        production=production,
    )
    return Score(
        plan,
        tuple(
            Track(f"{index} {name}", "lead", name, (), 80, False, tuple(notes))
            for index, (name, notes) in enumerate(tracks)
        ),
    )


def melody(bars: int = 8, low: int = 60) -> list[Note]:
    return [
        Note(240 * step, 60 * (1 + step % 7), low + (step * 5) % 24, 40 + (step * 13) % 80, 0)
        for step in range(16 * bars)
    ]


def residual_db(whole: np.ndarray, parts: np.ndarray) -> float:
    return float(20 * np.log10(np.abs(whole - parts).max() + 1e-12))
