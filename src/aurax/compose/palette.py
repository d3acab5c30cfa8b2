"""The palette: which parts a style's songs may have, and when they play."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aurax.score.role import Role


@dataclass(frozen=True)
class PartSpec:
    """One part of a style's palette.

    Args:
        role: what it does.
        instruments: names, best first; the seed draws one, the first ones more often.
        enters: least section energy at which it plays.
        leaves: greatest section energy at which it plays.
        chance: how likely a song has it.
        moods: words in a prompt's moods that make it certain.
        first_pass: from which return of a section it plays: 0 for the first verse, 1 for the second.
        silent_in: section names where it never plays.
        always_in: section names where it plays at any energy.
        name: the part's name; the role's where empty.
        parameters: knob positions against the instrument's defaults.
    """

    role: Role
    instruments: tuple[str, ...]
    enters: float
    leaves: float = 10.0
    chance: float = 1.0
    moods: tuple[str, ...] = ()
    first_pass: int = 0
    silent_in: tuple[str, ...] = ()
    always_in: tuple[str, ...] = ()
    name: str = ""
    parameters: Mapping[str, float] = field(default_factory=dict)

    @property
    def part_name(self) -> str:
        """Name of the part in a song."""
        return self.name or self.role

    def plays(self, section: str, energy: float, pass_index: int) -> bool:
        """Whether it plays in a section.

        Args:
            section: its name.
            energy: 0 to 10.
            pass_index: how many earlier sections had the same name.
        """
        if section in self.silent_in:
            return False
        if section in self.always_in:
            return True
        return self.enters <= energy <= self.leaves and pass_index >= self.first_pass
