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
