"""Roles: what a track or stem does in the song."""

from __future__ import annotations

from typing import Literal, get_args

Role = Literal[
    "drums", "kick", "snare", "hat", "perc", "bass", "chords", "pad", "lead", "counter", "arp", "fx", "texture"
]
"""What a track does.

`drums` is a whole kit in one stem, as a separator hands it over; `snare` also covers claps and rims, `hat` cymbals,
`perc` toms, shakers and whatever else is struck; `fx` holds risers and impacts, `texture` noise beds such as vinyl.
"""

ROLES: tuple[Role, ...] = get_args(Role)
"""Every role, in the order in which stems are numbered."""

DRUM_ROLES: frozenset[Role] = frozenset({"drums", "kick", "snare", "hat", "perc"})
"""Roles that play a drum kit."""

PITCHED_ROLES: frozenset[Role] = frozenset({"bass", "chords", "pad", "lead", "counter", "arp"})
"""Roles whose notes carry harmony or melody."""

ROLE_RANGES: dict[Role, tuple[int, int]] = {
    "bass": (24, 60), "chords": (36, 90), "pad": (36, 92), "lead": (48, 98), "counter": (48, 98), "arp": (40, 108),
}  # fmt: skip
"""Lowest and highest MIDI pitch at which a role sounds well: the table in docs/facts/composition.md#register, widened
by about an octave on both sides."""
