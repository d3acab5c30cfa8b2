"""Notes on a song: reading one, and carrying it out on what is there of the song.

Reading needs to know the song: "slower" is slower than its tempo, "the piano" is one of its parts.
"""

from __future__ import annotations

from aurax.audio.reference import ObjectRef, SongId
from aurax.intent.revision import Revision
from aurax.judge.verdict import Layer
from aurax.mix.settings import MixSettings
from aurax.services.context import WorkerContext
from aurax.services.payload import Payload


class NoteRequest(Payload):
    """A note to be read."""

    note: str
    intent: ObjectRef | None = None
    """What is asked of the song so far; None where there is no song yet."""
    score: ObjectRef | None = None
    """Its notes; None while there are none."""


class ReviseRequest(Payload):
    """Revisions to be carried out on a song, in their order."""

    song_id: SongId
    take_number: int
    revisions: tuple[Revision, ...]
    intent: ObjectRef
    """What is asked of the song so far."""
    score: ObjectRef | None = None
    """Its notes; None while there are none, or where its sound was generated."""
    mix: MixSettings = MixSettings()
    seed: int
    """Of the take."""


class Revised(Payload):
    """A song after revisions."""

    intent: ObjectRef
    """With the contract as it is now."""
    score: ObjectRef | None
    """The changed notes; the same reference where they did not change, None where other notes must be composed."""
    tracks: tuple[str, ...]
    """Of the score."""
    mix: MixSettings
    seed: int
    """Of the take; another one where other notes are asked for."""
    layer: Layer
    """From where the song must be made again: `plan` (compose), `score` (play the changed notes), `mix` or `master`."""
    revisions: tuple[Revision, ...]
    """As they were carried out: what cannot be done on this very song says so."""


async def read_note(context: WorkerContext, request: NoteRequest) -> Revision:
    """Understand a note.

    Args:
        context: what to work with.
        request: the note, and the song that it is about.

    Raises:
        InvalidPrompt: the note is empty or too long.
        DamagedObject: a stored object is gone or not what was stored.
    """
    raise NotImplementedError


async def revise(context: WorkerContext, request: ReviseRequest) -> Revised:
    """Carry revisions out.

    Args:
        context: what to work with.
        request: the revisions and the song as it is.

    Raises:
        DamagedObject: a stored object is gone or not what was stored.
        StorageFull: no room is left.
    """
    raise NotImplementedError
