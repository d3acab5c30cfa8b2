from collections.abc import Callable
from pathlib import Path

import pytest

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
process = os.osc(freq) * en.adsr(0.005, 0.05, 0.7, 0.3, gate) * gain * level <: _,_;
"""

DESCRIPTION = """
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


@pytest.fixture
def write_instrument(tmp_path: Path) -> Callable[..., Path]:
    def write(description: str = DESCRIPTION, source: str = SOURCE, name: str = "sine") -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        (folder / "instrument.toml").write_text(description)
        (folder / "sine.dsp").write_text(source)
        return folder

    return write


@pytest.fixture
def sine(write_instrument: Callable[..., Path]) -> Instrument:
    return load_instrument(write_instrument())


@pytest.fixture
def kit(write_instrument: Callable[..., Path]) -> Instrument:
    return load_instrument(write_instrument(KIT, name="kit"))


@pytest.fixture
def sine_description() -> str:
    return DESCRIPTION


@pytest.fixture
def kit_description() -> str:
    return KIT


@pytest.fixture
def make_score() -> Callable[..., Score]:
    """A score of one track at 120 bpm, where a tick is 25 frames; sections are given by their lengths in bars."""

    def make(
        notes: list[Note], section_bars: tuple[int, ...] = (8,), instrument: str = "sine", **track: object
    ) -> Score:
        sections = []
        for bars in section_bars:
            start = sections[-1].end_bar if sections else 0
            sections.append(Section(name="verse", start_bar=start, bars=bars, energy=5, parts=("lead",)))
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
            sections=tuple(sections),
            parts=(),
            chords=(),
            tail_s=1.0,
            production=production,
        )
        fields = {"name": "lead", "role": "lead", "families": (), "gm_program": 80, "is_drums": False, **track}
        return Score(plan, (Track(instrument=instrument, notes=tuple(notes), **fields),))  # type: ignore[arg-type]

    return make
