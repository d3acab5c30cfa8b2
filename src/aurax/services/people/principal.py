"""Who asks: a person by one of their keys, and what that key may be used for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, cast, get_args

from pydantic import BaseModel, ConfigDict

from aurax.errors import InvalidOption

Scope = Literal["songs:read", "songs:write", "admin"]
"""What a key may be used for: reading one's songs, sessions and projects; asking for songs and changing them as well;
everything, other people's matters included."""

SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
_INCLUDES: Final[dict[Scope, frozenset[Scope]]] = {
    "songs:read": frozenset({"songs:read"}),
    "songs:write": frozenset({"songs:read", "songs:write"}),
    "admin": frozenset(SCOPES),
}

Owner = str | None
"""Id of the person whose something is; None where one person works alone and nobody is named."""


class Principal(BaseModel):
    """A person who has shown a valid key."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    user_id: str
    key_id: str
    """Of the key that was shown; for logs."""
    scopes: frozenset[Scope]
    """What the key was made for."""

    def may(self, scope: Scope) -> bool:
        """Whether the key may be used for this, by itself or because it may be used for more."""
        return any(scope in _INCLUDES[one] for one in self.scopes)


def read_scopes(names: Iterable[str]) -> frozenset[Scope]:
    """Scopes by their names.

    Raises:
        InvalidOption: there is none of that name, or none is given.
    """
    found = frozenset(names)
    if not found or not found <= frozenset(SCOPES):
        raise InvalidOption(
            "one or more of " + ", ".join(SCOPES),
            ", ".join(repr(one[:50]) for one in sorted(found - frozenset(SCOPES))) or "none",
            "choose from these",
        )
    return frozenset(cast(Scope, one) for one in found)
