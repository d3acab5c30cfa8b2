from collections.abc import Callable
from pathlib import Path

import pytest

from aurax.errors import BrokenPlugin, RenderFailed
from aurax.render.instrument import Instrument, load_instrument
from aurax.render.instrument_registry import load_instruments
from aurax.render.parameters import slider_values


def test_description_becomes_info_and_one_voice(sine: Instrument) -> None:
    assert sine.info.name == "sine"
    assert sine.info.parameters[0].name == "level"
    (voice,) = sine.voices
    assert (voice.pitch, voice.polyphony, voice.tail_s, voice.parameter_names) == (None, 8, 0.5, ("level",))


def test_each_drum_of_a_kit_is_a_voice_with_its_own_settings(kit: Instrument) -> None:
    kick, snare = kit.voices
    assert (kick.pitch, kick.polyphony, kick.frequency_pitch, kick.parameter_names) == (36, 3, 40, ("level",))
    assert (snare.pitch, snare.polyphony, snare.tail_s) == (38, 5, 0.2)
    assert snare.parameters == {"level": 0.25}
    assert snare.parameter_names == ()


def test_a_pitch_finds_its_voice_and_others_are_refused(sine: Instrument, kit: Instrument) -> None:
    assert kit.voice_for(38).name == "snare"
    assert sine.voice_for(48) is sine.voices[0]
    with pytest.raises(RenderFailed, match="a pitch from 48 to 84 for the instrument sine; found pitch 85"):
        sine.voice_for(85)
    with pytest.raises(RenderFailed, match="36 kick, 38 snare"):
        kit.voice_for(37)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "sine"', 'name = "other"', "the name 'sine', which is the folder's"),
        ('title = "Sine"', "", "title: Field required"),
        ("polyphony = 8", "polyphony = 8\nvolume = 3", "volume: Extra inputs"),
        ('dsp = "sine.dsp"', 'dsp = "gone.dsp"', "to name a Faust source in the same folder"),
        ('dsp = "sine.dsp"', 'dsp = "../sine/sine.dsp"', "to name a Faust source in the same folder"),
        ('dsp = "sine.dsp"', "", "found neither"),
        ("lowest_pitch = 48", "lowest_pitch = 90", "90 > 84"),
        ("default = 0.5", "default = 1.5", "low ≤ default ≤ high"),
        ('name = "level"', 'name = "cutoff"', "a slider named 'cutoff'"),
        ("[[parameters]]", "[[parameters", "readable TOML"),
    ],
)
def test_a_broken_description_says_what_is_wrong(
    write_instrument: Callable[..., Path], sine_description: str, old: str, new: str, message: str
) -> None:
    assert old in sine_description
    folder = write_instrument(sine_description.replace(old, new, 1))
    with pytest.raises(BrokenPlugin, match=message):
        load_instrument(folder)


def test_two_drums_on_one_key_are_refused(write_instrument: Callable[..., Path], kit_description: str) -> None:
    folder = write_instrument(kit_description.replace("pitch = 38\nrole", "pitch = 36\nrole"), name="kit")
    with pytest.raises(BrokenPlugin, match="drum keys that differ"):
        load_instrument(folder)


def test_a_folder_without_description_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokenPlugin, match="readable TOML file"):
        load_instrument(tmp_path)


def test_a_source_without_gate_is_refused(write_instrument: Callable[..., Path]) -> None:
    source = (
        'gain = hslider("gain", 1, 0, 1, 0.1); level = hslider("level", 1, 0, 1, 0.1); process = gain * level <: _,_;'
    )
    with pytest.raises(BrokenPlugin, match=r'`button."gate".` in sine\.dsp'):
        load_instrument(write_instrument(source=source))


def test_drums_that_share_a_source_share_its_program(kit: Instrument) -> None:
    assert len({voice.program_key for voice in kit.voices}) == 1


def test_every_installed_instrument_loads_under_its_own_name() -> None:
    instruments = load_instruments()
    assert instruments
    assert [instrument.info.name for instrument in instruments.values()] == list(instruments)


def test_sliders_take_defaults_and_refuse_unknown_names_and_values(sine: Instrument) -> None:
    assert slider_values(sine.info, {}) == {"level": 0.5}
    assert slider_values(sine.info, {"level": 1}) == {"level": 1.0}
    with pytest.raises(RenderFailed, match="found 'cutoff'"):
        slider_values(sine.info, {"cutoff": 1.0})
    with pytest.raises(RenderFailed, match=r"from 0\.0 to 1\.0; found 2"):
        slider_values(sine.info, {"level": 2.0})
