"""Instruments for the tests of whole songs, as they describe themselves."""

from __future__ import annotations

from aurax.score.instrument import DrumVoiceInfo, InstrumentInfo, ParameterInfo
from aurax.score.role import Role

VOICES: tuple[tuple[str, int, Role], ...] = (
    ("kick", 36, "kick"), ("snare", 38, "snare"), ("rim", 37, "snare"), ("clap", 39, "snare"),
    ("closed-hat", 42, "hat"), ("open-hat", 46, "hat"), ("shaker", 70, "hat"), ("crash", 49, "hat"),
    ("tom-low", 45, "perc"), ("tom-high", 50, "perc"),
)  # fmt: skip

TABLE = """
kit-lofi|kick snare hat perc|drums, acoustic drums|35-81
kit-club|kick snare hat perc|drums, electronic drums, 808, 909|35-81
kit-synthwave|kick snare hat perc|drums, electronic drums, gated drums|35-81
sub-bass|bass|bass, sub bass|24-52
synth-bass|bass|bass, synth bass|24-60
fm-bass|bass|bass, fm bass|24-60
electric-piano|chords lead counter|electric piano, rhodes, keys|36-96
pluck|arp counter lead chords|guitar, plucked string, pluck|40-88
piano|chords lead counter|piano, keys, acoustic piano|28-100
supersaw|chords pad lead|synth, supersaw, strings synth|40-96
warm-pad|pad|pad, synth pad, strings synth|36-90
soft-pad|pad|pad, synth pad, choir-like|36-90
organ|chords|organ, keys|36-90
saw-lead|lead|synth lead, lead, synth|48-96
soft-lead|lead counter|flute-like, synth lead, lead, synth|55-96
bell|arp counter lead|bell, mallet, music box, vibraphone, glockenspiel|55-108
arp-synth|arp|arp, synth, sequencer|40-96
riser|fx|riser, sweep, fx|36-96
impact|fx|impact, boom, fx|24-60
vinyl|texture|vinyl, noise, tape, crackle|60-60
rain|texture|rain, noise|60-60
"""


def _info(row: str) -> InstrumentInfo:
    name, roles, families, span = row.split("|")
    low, high = span.split("-")
    knobs = [ParameterInfo(name="brightness", default=0.0, low=-1.0, high=1.0, unit="octaves", meaning="tone")]
    if name == "riser":
        knobs = [ParameterInfo(name="length_s", default=4.0, low=0.25, high=30.0, unit="s", meaning="length")]
    drums = VOICES if name.startswith("kit-") else ()
    return InstrumentInfo.model_validate(
        {
            "name": name, "title": name, "description": name, "roles": roles.split(), "families": families.split(", "),
            "pitched": not drums, "lowest_pitch": low, "highest_pitch": high, "polyphony": 16, "tail_s": 1.0,
            "gm_program": 0, "velocity_response": "louder", "parameters": knobs,
            "drum_voices": [DrumVoiceInfo(name=voice, pitch=pitch, role=role) for voice, pitch, role in drums],
        }
    )  # fmt: skip


INSTRUMENTS = {info.name: info for info in map(_info, TABLE.strip().splitlines())}
