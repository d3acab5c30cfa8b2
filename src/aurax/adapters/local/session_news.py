"""What happens in a session, as its clients are told it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from aurax.errors import AuraxError
from aurax.services.session import Version

if TYPE_CHECKING:
    from aurax.deliver.record import SongRecord

NewsKind = Literal["progress", "delivered", "not_collected", "failed", "cancelled", "reopened"]
"""`delivered`: its files are in a folder; `not_collected`: it is delivered, but its files could not be put into one;
`reopened`: the session had closed meanwhile and was opened again."""


@dataclass(frozen=True)
class News:
    """Something that happened in a session.

    Args:
        kind: what.
        version: of which version, as it is now; None where it is about the whole session.
        event: of `progress`: the kind of the song's event.
        data: the event's data.
        folder: where a delivered version is.
        record: its `song.json`.
        error: why it could not be collected.
    """

    kind: NewsKind
    version: Version | None = None
    event: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    folder: Path | None = None
    record: SongRecord | None = None
    error: AuraxError | None = None


OnNews = Callable[[News], None]
