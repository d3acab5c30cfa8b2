"""A delivered song: its files and how it was judged."""

from __future__ import annotations

from pydantic import Field

from aurax.audio.reference import ObjectRef, SafePath, SongId
from aurax.intent.revision import Revision
from aurax.services.payload import Payload


class EmbeddedStem(Payload):
    """A stem that belongs into an archive, though it is stored only once, as a file of its own."""

    inside: str = Field(pattern=r"^audio/[A-Za-z0-9-]+\.(wav|flac)$")
    """Its path in the archive."""
    audio: ObjectRef


class Deliverable(Payload):
    """One file of a song."""

    path: SafePath
    """Relative to the song's folder."""
    object: ObjectRef
    embeds: tuple[EmbeddedStem, ...] = ()
    """Where there are any, the object holds only the documents of a DAW project, and the collector adds these."""


class Song(Payload):
    """A delivered song."""

    song_id: SongId
    title: str
    style: str
    duration_s: float
    passed: bool
    points: float
    take: int
    takes: int
    files: tuple[Deliverable, ...]
    timings_s: dict[str, float]
    """Seconds of each stage, and `total`."""
    outcome: str = ""
    """What became of the prompt's wishes, on one line."""
    intent: ObjectRef | None = None
    """What was asked in the end; None in what earlier versions recorded."""
    score: ObjectRef | None = None
    layers: ObjectRef | None = None
    """What a next version can start from (`SongLayers`); None where that was not asked for."""
    revisions: tuple[Revision, ...] = ()
    """Every note that was taken up, with what became of it."""
