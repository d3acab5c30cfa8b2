"""Roles: what each separated stem does in the song, and which wishes of a prompt its name answers for.

| stem | role | why |
|---|---|---|
| drums | drums | a whole kit: stereo stays, its kicks duck bass and harmony |
| bass | bass | |
| vocals | lead | the strip for what is in front |
| guitar | counter | off the centre, with some echo |
| piano, other | chords, pad | the louder one carries the harmony, the other one is behind it |
| other, alone | chords | |

The strips of arps cut below 280 Hz, those of percussion below 120 Hz: neither is for a whole stem.
"""

from __future__ import annotations

from collections.abc import Mapping

from aurax.score.role import Role

STEM_ROLES: dict[str, Role] = {
    "drums": "drums",
    "bass": "bass",
    "vocals": "lead",
    "guitar": "counter",
    "piano": "chords",
    "other": "chords",
}
"""Role of each stem; `other` next to a louder `piano` is a pad, and the other way round."""

STEM_FAMILIES: dict[str, tuple[str, ...]] = {
    "drums": ("drums",),
    "bass": ("bass",),
    "vocals": ("vocals", "voice"),
    "guitar": ("guitar",),
    "piano": ("piano", "keys"),
    "other": (),
}
"""Words of a prompt that a stem's name alone answers for; nothing is promised of `other`."""

STEM_PROGRAMS: dict[str, int] = {"bass": 33, "vocals": 53, "guitar": 27, "piano": 0, "other": 89}
"""General MIDI programs (from 0) that stand in for the stems in a MIDI file."""

FX_TRACK = "fx"
"""Name of the track of transitions."""

_SYNONYMS: dict[str, str] = {
    "drum": "drums", "beat": "drums", "beats": "drums", "percussion": "drums", "drum kit": "drums", "perc": "drums",
    "kick": "drums", "snare": "drums", "hat": "drums", "acoustic drums": "drums", "electronic drums": "drums",
    "drum machine": "drums", "808": "drums", "909": "drums", "gated drums": "drums",
    "bassline": "bass", "sub bass": "bass", "synth bass": "bass", "fm bass": "bass",
    "voice": "vocals", "vocal": "vocals", "singing": "vocals",
    "keys": "piano", "acoustic piano": "piano",
    "riser": FX_TRACK, "impact": FX_TRACK, "sweep": FX_TRACK, "boom": FX_TRACK, "noise": FX_TRACK,
}  # fmt: skip
_SINGLE_DRUMS = frozenset({"kick", "snare", "hat", "perc"})


def stem_named(word: str) -> str | None:
    """The stem that a word of a prompt means; None where no stem's name answers for it (such as `organ`).

    Args:
        word: a family or role, as in `Intent.wanted` and `Intent.unwanted`.
    """
    if word in STEM_ROLES or word == FX_TRACK:
        return word
    return _SYNONYMS.get(word)


def refused_stems(unwanted: tuple[str, ...]) -> frozenset[str]:
    """Stems that may not play. A single drum that is refused does not silence the whole kit.

    Args:
        unwanted: families or roles that must not be heard.
    """
    named = {stem_named(word) for word in unwanted if word not in _SINGLE_DRUMS}
    return frozenset(name for name in named if name is not None)


def assign_roles(levels_lufs: Mapping[str, float]) -> dict[str, Role]:
    """Give each stem its role; unknown names are chords.

    Args:
        levels_lufs: loudness of each stem that plays.
    """
    roles: dict[str, Role] = {name: STEM_ROLES.get(name, "chords") for name in levels_lufs}
    if "piano" in roles and "other" in roles:
        roles["piano" if levels_lufs["piano"] < levels_lufs["other"] else "other"] = "pad"
    return roles
