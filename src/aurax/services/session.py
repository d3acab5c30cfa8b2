"""A session: a person's hour with AURA-X, as values.

Songs are asked for, steered by notes, taken back, rated. Everything that was made is a version; versions form a tree in
which a note leads from one version to the next. Every request has an id, so that asking twice does nothing twice.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from aurax.audio.reference import ObjectRef, SongId
from aurax.intent.intent import Intent
from aurax.intent.revision import Revision
from aurax.services.payload import Payload
from aurax.services.request import SongRequest
from aurax.services.task import SongTask

REQUEST_ID = r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}$"

RequestId = Annotated[str, Field(pattern=REQUEST_ID)]
"""Names a request; the same id again gets the same answer and changes nothing."""

VersionName = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f/\\]+$")]

VersionStatus = Literal["waiting", "making", "delivered", "failed", "cancelled"]

LONGEST_NOTE = 2000
"""In characters."""


class Version(Payload):
    """One song of a session: what was asked first, or what a note made of the version before."""

    name: VersionName
    song_id: SongId
    parent: str | None = None
    """Name of the version that it came from."""
    note: str = ""
    """The notes that led from the parent to it, as written."""
    request: SongRequest
    status: VersionStatus = "waiting"
    title: str = ""
    style: str = ""
    duration_s: float | None = None
    passed: bool | None = None
    points: float | None = None
    outcome: str = ""
    revisions: tuple[Revision, ...] = ()
    """The notes with what became of each, once it is delivered; before that as they were read."""
    intent: ObjectRef | None = None
    score: ObjectRef | None = None
    layers: ObjectRef | None = None
    """What a next version starts from."""
    error: str = ""
    """Why it failed."""
    rating: int | None = None
    """1 to 5."""
    rating_words: str = ""
    asked_at: datetime
    ended_at: datetime | None = None

    @property
    def is_ended(self) -> bool:
        """Whether nothing more happens to it."""
        return self.status in ("delivered", "failed", "cancelled")


class Ask(Payload):
    """What every request of a session has."""

    request_id: RequestId


class SongAsked(Ask):
    """A song is wanted."""

    request: SongRequest
    intent: Intent | None = None
    """The prompt, understood by who asks; None leaves it to the worker."""


class NoteAsked(Ask):
    """A version is to be changed."""

    note: str
    version: str | None = None
    """Which one; the current one when None."""


class VersionAsked(Ask):
    """Something is to be done with a version: to make it the current one, to cancel it."""

    version: str


class UndoAsked(Ask):
    """The version before is to be the current one again."""


class RatingAsked(Ask):
    """What a person thinks of a version."""

    stars: int
    """1 to 5."""
    words: str = ""
    version: str | None = None
    """Which one; the current one when None."""


class NameAsked(Ask):
    """A version is to have another name."""

    version: str
    name: str


class CloseAsked(Ask):
    """The session is over."""

    cancel: bool = False
    """Whether songs in the making are cancelled; otherwise they are finished first."""


class Answer(Payload):
    """What came of a request."""

    request_id: RequestId
    done: Literal[
        "asked", "steered", "version", "undone", "selected", "cancelled", "rated", "named", "closed", "nothing"
    ]
    """`steered`: a song in the making takes the note up at its next safe point; `version`: a new version is made;
    `nothing`: the note was not understood, or cannot be done."""
    version: str | None = None
    """The version that it is about, or the new one."""
    song_id: SongId | None = None
    revision: Revision | None = None
    """How a note was understood."""
    current: str | None = None
    """The current version afterwards."""


class SessionState(Payload):
    """A session as it stands; also all that carries over when its workflow continues as new."""

    session_id: SongId
    owner: str | None = None
    title: str = ""
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    close_reason: Literal["", "asked", "idle"] = ""
    versions: tuple[Version, ...] = ()
    current: str | None = None
    """Name of the version that notes are about."""
    waiting: tuple[SongTask, ...] = ()
    """Songs that were asked for and not started yet."""
    answers: tuple[Answer, ...] = ()
    """To the latest requests, so that repeated ones get the same."""
    counter: int = 0
    """How many versions there have been."""
    idle_s: float = 3600.0
    """After how long without a request or a song in the making it closes by itself."""
    songs_at_once: int = 4
    """How many songs are made at the same time; others wait."""
    most_versions: int = 300
    """How many versions there may be; the state must stay small."""
    run: int = 0
    """How often it has continued as new."""

    def version(self, name: str) -> Version | None:
        """The version of that name."""
        return next((one for one in self.versions if one.name == name), None)

    @property
    def now(self) -> Version | None:
        """The current version."""
        return self.version(self.current) if self.current is not None else None


class KeepRequest(Payload):
    """What changed in a session since it was written last."""

    session_id: SongId
    owner: str | None = None
    title: str = ""
    opened_at: datetime
    closed_at: datetime | None = None
    current: str | None = None
    idle_s: float = 3600.0
    order: tuple[SongId, ...] = ()
    """The songs of all versions, in their order."""
    versions: tuple[Version, ...] = ()
    """Those that changed."""
