"""People and their keys, as values; and where they are kept, as a port."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict

from aurax.services.people.principal import Scope


class Person(BaseModel):
    """A person who has songs of their own."""

    model_config = ConfigDict(frozen=True, from_attributes=True, use_attribute_docstrings=True)

    id: str
    name: str
    email: str | None = None
    created_at: datetime
    disabled_at: datetime | None = None
    """Since when nothing may be done in their name; None while they are active."""
    limits: dict[str, Any] | None = None
    """Limits of their own, by name; null stands for no limit, what is not named follows the settings."""


class ApiKey(BaseModel):
    """A key as lists show it, without anything that could be used in its place."""

    model_config = ConfigDict(frozen=True, from_attributes=True, use_attribute_docstrings=True)

    id: str
    user_id: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    """Exact to a minute."""
    revoked_at: datetime | None = None


class ShownKey(NamedTuple):
    """A key whose text a caller knows."""

    key: ApiKey
    is_disabled: bool
    """Whether its person is."""
    now: datetime
    """By the clock that all processes share, which decides whether the key has expired."""


class People(Protocol):
    """Where people are kept."""

    async def add(self, person_id: str, name: str, email: str | None) -> Person:
        """Add a person, or raise `InvalidOption` where the address is taken."""

    async def find(self, text: str) -> Person:
        """A person by id, its beginning, or address, or raise `NotFound`."""

    async def rename(self, person_id: str, name: str) -> None:
        """Change a name, or raise `NotFound`."""


class ApiKeys(Protocol):
    """Where keys are kept."""

    async def add(self, key: ApiKey, sha256: str) -> None:
        """Add a key of a person, or raise `NotFound` where there is no such person."""

    async def shown(self, sha256: str) -> ShownKey | None:
        """A key by the hash of its text."""

    async def note_use(self, key_id: str, at: datetime) -> None:
        """Note that a key was used."""

    async def now(self) -> datetime:
        """This moment by the clock that all processes share."""
