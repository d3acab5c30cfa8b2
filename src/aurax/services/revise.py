"""Notes on a song: reading one, and carrying it out on what is there of the song.

Reading needs to know the song: "slower" is slower than its tempo, "the piano" is one of its parts.
"""

from __future__ import annotations

from aurax.audio.reference import ObjectRef, SongId
from aurax.intent.revision import Revision
from aurax.intent.revision_reader import read_revision
from aurax.judge.verdict import Layer
from aurax.mix.settings import MixSettings
from aurax.produce.changes.song import Tools
from aurax.produce.revising import carry_out
from aurax.services.asset_registry import AssetRegistry, take_prefix
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
    generated: bool = False
    """Whether its sound was generated, so that there are no notes to edit."""


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
        request: the note, and the song that it is about. Where there is one, each change says what becomes of it there.

    Raises:
        InvalidPrompt: the note is empty or too long.
        DamagedObject: a stored object is gone or not what was stored.
    """
    return await context.in_thread(lambda _cancelled: _read(context, request))


async def revise(context: WorkerContext, request: ReviseRequest) -> Revised:
    """Carry revisions out.

    Args:
        context: what to work with.
        request: the revisions and the song as it is.

    Raises:
        DamagedObject: a stored object is gone or not what was stored.
        StorageFull: no room is left.
    """
    assets = AssetRegistry(context.songs, request.song_id, take_prefix(request.take_number))
    return await context.in_thread(lambda _cancelled: _revise(context, request, assets))


def _read(context: WorkerContext, request: NoteRequest) -> Revision:
    tools = _tools(context)
    revision = read_revision(request.note, list(tools.styles.values()), list(tools.instruments.values()))
    if request.intent is None:
        return revision
    score = None if request.score is None else context.score(request.score)
    # Carried out once for what it says of each change; the result itself is made when the song is ready for it.
    return carry_out([revision], context.intent(request.intent), score, MixSettings(), 0, tools).revisions[0]


def _revise(context: WorkerContext, request: ReviseRequest, assets: AssetRegistry) -> Revised:
    score = None if request.score is None else context.score(request.score)
    intent = context.intent(request.intent)
    song = carry_out(
        request.revisions,
        intent,
        score,
        request.mix,
        request.seed,
        _tools(context),
        generated=request.generated,
    )
    kept = request.score if song.score == score else None
    if song.score is not None and kept is None:
        kept = context.put_score(song.score, assets.register("revised score"))
    return Revised(
        intent=request.intent
        if song.intent == intent
        else context.put_intent(song.intent, assets.register("revised intent")),
        score=kept,
        tracks=() if song.score is None else tuple(track.name for track in song.score.tracks),
        mix=song.mix,
        seed=song.seed,
        layer=song.layer,
        revisions=song.revisions,
    )


def _tools(context: WorkerContext) -> Tools:
    return Tools({name: style.info for name, style in context.styles.items()}, context.instrument_infos)
