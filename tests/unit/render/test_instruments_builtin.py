from __future__ import annotations

import pytest

from aurax.render.instrument_registry import load_instruments
from aurax.score.instrument import InstrumentInfo

INFOS = {name: instrument.info for name, instrument in load_instruments().items()}
KITS = ("kit-lofi", "kit-club", "kit-synthwave")
EXPECTED = {
    "kit-lofi": ("kick snare hat perc", 36, 70),
    "kit-club": ("kick snare hat perc", 36, 70),
    "kit-synthwave": ("kick snare hat perc", 36, 70),
    "sub-bass": ("bass", 24, 52),
    "synth-bass": ("bass", 24, 60),
    "fm-bass": ("bass", 24, 60),
    "electric-piano": ("chords lead counter", 36, 96),
    "pluck": ("arp counter lead chords", 40, 88),
    "piano": ("chords lead counter", 28, 100),
    "supersaw": ("chords pad lead", 40, 96),
    "warm-pad": ("pad", 36, 90),
    "soft-pad": ("pad", 36, 90),
    "organ": ("chords", 36, 90),
    "saw-lead": ("lead", 48, 96),
    "soft-lead": ("lead counter", 55, 96),
    "bell": ("arp counter lead", 55, 108),
    "arp-synth": ("arp", 40, 96),
    "riser": ("fx", 36, 96),
    "impact": ("fx", 24, 60),
    "vinyl": ("texture", 60, 60),
    "rain": ("texture", 60, 60),
}
SHARED_KNOBS = {
    "brightness": "octaves",
    "attack_s": "s",
    "decay_s": "s",
    "release_s": "s",
    "drive": "",
    "vibrato": "cents",
    "width": "",
}


@pytest.fixture(params=sorted(EXPECTED))
def info(request: pytest.FixtureRequest) -> InstrumentInfo:
    return INFOS[request.param]


def test_every_built_in_instrument_is_installed() -> None:
    assert set(EXPECTED) <= set(INFOS)


def test_roles_and_range_are_as_documented(info: InstrumentInfo) -> None:
    assert (" ".join(info.roles), info.lowest_pitch, info.highest_pitch) == EXPECTED[info.name]


def test_descriptions_are_prose(info: InstrumentInfo) -> None:
    assert len(info.description) > 80
    assert info.description.endswith(".")
    assert "\n\n" not in info.description
    assert info.velocity_response.endswith(".")


def test_families_are_lower_case(info: InstrumentInfo) -> None:
    assert info.families
    assert [family for family in info.families if family != family.lower().strip()] == []


def test_equal_knobs_mean_the_same_everywhere(info: InstrumentInfo) -> None:
    units = {knob.name: knob.unit for knob in info.parameters if knob.name in SHARED_KNOBS}
    assert units == {name: unit for name, unit in SHARED_KNOBS.items() if name in units}


def test_brightness_rests_in_the_middle_of_two_octaves(info: InstrumentInfo) -> None:
    (brightness,) = (knob for knob in info.parameters if knob.name == "brightness")
    assert (brightness.low, brightness.default, brightness.high) == (-1, 0, 1)


def test_the_longest_release_fits_into_the_tail(info: InstrumentInfo) -> None:
    longest = max((knob.high for knob in info.parameters if knob.name == "release_s"), default=0.0)
    assert longest <= info.tail_s


@pytest.mark.parametrize("name", KITS)
def test_kits_answer_to_general_midi_keys(name: str) -> None:
    keys = {drum.name: (drum.pitch, drum.role) for drum in INFOS[name].drum_voices}
    expected = {
        "kick": (36, "kick"),
        "snare": (38, "snare"),
        "closed-hat": (42, "hat"),
        "open-hat": (46, "hat"),
        "shaker": (70, "perc"),
        "tom-low": (45, "perc"),
        "tom-high": (50, "perc"),
        "crash": (49, "hat"),
    }
    assert {drum: keys[drum] for drum in expected} == expected


def test_each_kit_has_its_own_extra_drums() -> None:
    extra = {name: {drum.name for drum in INFOS[name].drum_voices} & {"rim", "clap", "tom-mid"} for name in KITS}
    assert extra == {"kit-lofi": {"rim"}, "kit-club": {"rim", "clap"}, "kit-synthwave": {"clap", "tom-mid"}}


def test_both_hats_of_a_kit_share_one_sound_that_only_the_open_one_chokes() -> None:
    for name in KITS:
        voices = {voice.name: voice for voice in load_instruments()[name].voices}
        closed, opened = voices["closed-hat"], voices["open-hat"]
        assert closed.source == opened.source
        assert (closed.parameters["choke"], opened.parameters["choke"]) == (0, 1)
        assert closed.parameters["decay_s"] < opened.parameters["decay_s"]
