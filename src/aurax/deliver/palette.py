"""One colour for each role, the same in the DAW project and in every picture of the report."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ROLE_COLOURS: Mapping[str, str] = MappingProxyType(
    {
        "drums": "#c9502e",
        "kick": "#e5484d",
        "snare": "#f2762e",
        "hat": "#e0a82e",
        "perc": "#b98a5a",
        "bass": "#8e5cf0",
        "chords": "#3e8bf2",
        "pad": "#37a6b8",
        "lead": "#e2559f",
        "counter": "#b35bd0",
        "arp": "#2fae7a",
        "fx": "#8a94a6",
        "texture": "#a3a08c",
    }
)
"""Mid-tone hues that keep a contrast of about 3:1 or more on both white and near-black; drums warm, harmony cool."""

NEUTRAL_COLOUR = "#8a94a6"
"""For everything without a role: effect returns, the master, markers."""


def role_colour(role: str) -> str:
    """Colour of a role as `#rrggbb`; grey for anything that is no role (effect returns)."""
    return ROLE_COLOURS.get(role, NEUTRAL_COLOUR)
