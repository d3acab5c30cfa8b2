"""What answers hold, where that is not one of the house's own values."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from aurax.adapters.sql.songs import SongSummary
from aurax.errors import InvalidOption
from aurax.judge.verdict import Verdict
from aurax.services.ports import SongStatus
from aurax.services.session import VersionStatus

T = TypeVar("T")


class View(BaseModel):
    """Base of what answers hold."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Page(View, Generic[T]):
    """Some of many."""

    items: tuple[T, ...]
    """Newest first."""
    next: str | None = None
    """What `after` of the next request must be to get those that follow; null at the end."""


class SongView(View):
    """A song as it stands."""

    id: str
    """32 hexadecimal digits."""
    status: SongStatus
    """`making` until it is delivered, failed or cancelled."""
    prompt: str
    """As it was written."""
    seed: int
    """The same prompt, seed and version of AURA-X give the same song."""
    title: str | None
    style: str | None
    duration_s: float | None
    passed: bool | None
    """Whether the delivered take passed its contract and every criterion; null while there is none."""
    score: float | None
    """0 to 100."""
    outcome: str
    """What became of the prompt's wishes, on one line; empty until it is delivered."""
    error: str
    """Why it failed."""
    created_at: datetime
    updated_at: datetime
    session_id: str | None
    version: str | None
    """Its name in the session."""
    parent_id: str | None
    """The song that it is a version of."""
    note: str | None
    """The notes that led from the parent to it."""
    rating: int | None
    rating_words: str | None

    @classmethod
    def of(cls, song: SongSummary) -> SongView:
        """The view of a row."""
        known = {name: getattr(song, name) for name in cls.model_fields if name not in ("outcome", "error")}
        return cls(
            **known,
            outcome=str(song.details.get("outcome", "")),
            error=str(song.details.get("message") or song.details.get("error") or ""),
        )


class SongAccepted(View):
    """A song that is going to be made."""

    session_id: str
    """The session that it is a version of; notes and undo go there."""
    version: str
    """Its name in the session."""
    song_id: str
    status: VersionStatus
    """`waiting` where the session makes as many songs as it may already."""
    song: SongView | None
    """The song; null while it waits."""
    events: str
    """Where its events can be followed."""


class TakeView(View):
    """One attempt at a song, and how it was judged."""

    number: int
    reason: str
    """Why it was made."""
    passed: bool
    score: float
    accepted: bool
    """Whether it is the delivered one."""
    verdict: Verdict

    @classmethod
    def of(cls, take: dict[str, Any]) -> TakeView:
        """The view of a row."""
        return cls.model_validate({name: take[name] for name in cls.model_fields})


class FileView(View):
    """One file of a delivered song."""

    path: str
    """Relative to the song's folder, such as `master.flac` or `stems/01-kick.flac`."""
    bytes: int
    """Its size; about, where it has no hash."""
    sha256: str | None
    """Of what is downloaded; null for a DAW project, which is put together then."""
    media_type: str
    url: str
    """Where it can be downloaded."""


class Moment(View):
    """Where a page begins."""

    at: datetime
    id: str = Field(max_length=32)

    def cursor(self) -> str:
        """As text that means nothing to the caller."""
        return base64.urlsafe_b64encode(f"{self.at.isoformat()}|{self.id}".encode()).decode().rstrip("=")

    @classmethod
    def of(cls, cursor: str) -> Moment:
        """From such a text.

        Raises:
            InvalidOption: it is none.
        """
        try:
            plain = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
            at, _, song_id = plain.partition("|")
            moment = cls(at=datetime.fromisoformat(at), id=song_id)
        except (ValueError, binascii.Error):
            moment = None
        if moment is None or moment.at.tzinfo is None:
            raise InvalidOption("'after' as the 'next' of the page before", repr(cursor[:40]), "leave it out to begin")
        return moment
