"""Small Faust instruments, and scores that play them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from aurax.render.instrument import Instrument, load_instrument
from aurax.score.score import Note, Score, Track
from builders.small_plan import sections, small_plan

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


SINE_SOURCE = """
freq = hslider("freq", 440, 20, 20000, 0.01);
gain = hslider("gain", 0.5, 0, 1, 0.001);
gate = button("gate");
level = hslider("level", 0.5, 0, 1, 0.001);
process = os.osc(freq) * en.adsr(0.005, 0.05, 0.7, 0.3, gate) * gain * level <: _,_;
"""
"""As `SOURCE`, with an oscillator of the library, which runs freely."""
SINE = """
name = "sine"
title = "Sine"
description = "A sine with an envelope."
roles = ["lead"]
families = ["sine"]
pitched = true
lowest_pitch = 48
highest_pitch = 84
polyphony = 8
tail_s = 0.5
gm_program = 80
velocity_response = "level only"
dsp = "sine.dsp"

[[parameters]]
name = "level"
default = 0.5
low = 0.0
high = 1.0
meaning = "loudness"
"""
KIT = """
name = "kit"
title = "Kit"
description = "Two drums."
roles = ["kick", "snare"]
families = ["drums"]
pitched = false
lowest_pitch = 36
highest_pitch = 38
polyphony = 4
tail_s = 0.5
gm_program = 0
velocity_response = "level only"

[[parameters]]
name = "level"
default = 0.5
low = 0.0
high = 1.0
meaning = "loudness"

[[drum_voices]]
name = "kick"
pitch = 36
role = "kick"
dsp = "sine.dsp"
tail_s = 0.5
frequency_pitch = 40

[[drum_voices]]
name = "snare"
pitch = 38
role = "snare"
dsp = "sine.dsp"
polyphony = 5
tail_s = 0.2
parameters = { level = 0.25 }
"""


def write_sine(folder: Path, description: str = SINE, source: str = SINE_SOURCE, name: str = "sine") -> Path:
    """Write a folder of an instrument that need not be right; its name."""
    place = folder / name
    place.mkdir(exist_ok=True)
    (place / "instrument.toml").write_text(description)
    (place / "sine.dsp").write_text(source)
    return place


def instrument(folder: Path, name: str, source: str) -> Instrument:
    """Write an instrument's folder and load it."""
    (folder / name).mkdir()
    (folder / name / "instrument.toml").write_text(DESCRIPTION.format(name=name))
    (folder / name / "voice.dsp").write_text(source)
    return load_instrument(folder / name)


def song(*tracks: tuple[str, list[Note]], bars: int = 8) -> Score:
    """Tracks of (instrument, notes) at 120 bpm, where bars and 16ths are whole frames."""
    plan = small_plan(sections=sections(bars), tail_s=3.0)
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


def one_track(
    notes: list[Note], section_bars: tuple[int, ...] = (8,), instrument: str = "sine", **track: object
) -> Score:
    """A score of one track; sections are given by their lengths in bars."""
    plan = small_plan(sections=sections(*section_bars, parts=("lead",)))
    fields = {"name": "lead", "role": "lead", "families": (), "gm_program": 80, "is_drums": False, **track}
    return Score(plan, (Track(instrument=instrument, notes=tuple(notes), **fields),))  # type: ignore[arg-type]
