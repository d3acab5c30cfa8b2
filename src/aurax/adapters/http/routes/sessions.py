"""Sessions: opened, steered by notes, undone, closed; their versions are songs."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from aurax.adapters.http.access import Reader, Writer
from aurax.adapters.http.desk import Desk
from aurax.adapters.http.installation import At
from aurax.adapters.http.problems import answers
from aurax.adapters.http.routes.songs import IdempotencyKey, Rating, SongWanted, accepted, wanted
from aurax.adapters.http.views import SongAccepted, View
from aurax.adapters.sql.sessions import SessionSummary
from aurax.audio.reference import ObjectRef
from aurax.compose.style_registry import load_styles
from aurax.errors import InvalidOption
from aurax.intent.intent import Intent
from aurax.produce.changes.song import Tools
from aurax.render.instrument_registry import load_instruments
from aurax.score.score import Score
from aurax.services.preview_note import NotePreview, preview_note
from aurax.services.session import LONGEST_NOTE, Answer, SessionState
from aurax.services.session_steps import require_version

router = APIRouter(prefix="/sessions", tags=["sessions"])


class SessionWanted(View):
    """A session that is wanted."""

    title: str = Field(default="", max_length=200)
    """How lists call it; the first prompt when empty."""


class Note(View):
    """A wish about a version, in plain words."""

    note: str = Field(min_length=1, max_length=LONGEST_NOTE, examples=["slower, and without drums"])
    version: str | None = None
    """Which one; the current one when null."""


class Chosen(View):
    """A version by its name."""

    version: str = Field(examples=["v1"])


class Naming(View):
    """Another name for a version."""

    name: str = Field(min_length=1, max_length=64)


class Closing(View):
    """How a session is closed."""

    cancel: bool = False
    """Whether songs in the making are cancelled instead of finished."""


@router.post("", status_code=201, responses=answers(), summary="Open a session")
async def open_session(
    asked: SessionWanted, at: At, caller: Writer, response: Response, idempotency_key: IdempotencyKey = None
) -> SessionState:
    """Open an empty session; songs and notes follow."""
    state = await Desk(at, caller.owner).open(asked.title, idempotency_key)
    response.headers["Location"] = f"/api/v1/sessions/{state.session_id}"
    return state


@router.get("", responses=answers(), summary="List sessions")
async def list_sessions(
    at: At, caller: Reader, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> tuple[SessionSummary, ...]:
    """The caller's sessions, newest first."""
    return await at.library(caller.owner).sessions.list_sessions(limit)


@router.get("/{session_id}", responses=answers(404), summary="A session")
async def get_session(session_id: str, at: At, caller: Reader) -> SessionState:
    """A session with all its versions."""
    return await Desk(at, caller.owner).state(session_id)


@router.post("/{session_id}/songs", status_code=201, responses=answers(402, 404, 507), summary="Ask for a song in it")
async def add_song(
    session_id: str,
    asked: SongWanted,
    at: At,
    caller: Writer,
    idempotency_key: IdempotencyKey = None,
) -> SongAccepted:
    """Begin another song in an open session."""
    desk = Desk(at, caller.owner)
    song = await desk.prepared(wanted(asked, caller, idempotency_key))
    return await accepted(desk, session_id, await desk.add_song(session_id, song, idempotency_key))


@router.post("/{session_id}/notes", responses=answers(404), summary="Change a version by a note")
async def steer(session_id: str, asked: Note, at: At, caller: Writer, idempotency_key: IdempotencyKey = None) -> Answer:
    """Steer by a note: a song in the making takes it up at its next safe point, a delivered one gets a new version."""
    return await Desk(at, caller.owner).ask(
        session_id, lambda session: session.steer(asked.note, version=asked.version, request_id=idempotency_key)
    )


@router.post("/{session_id}/notes/preview", responses=answers(404), summary="What a note would do")
async def preview(session_id: str, asked: Note, at: At, caller: Reader) -> NotePreview:
    """How a note on a delivered version is understood, and from where the song would be made again; nothing is done."""
    version = require_version(await Desk(at, caller.owner).state(session_id), asked.version)
    if version.intent is None:
        raise InvalidOption("a version that is delivered", f"{version.name}, {version.status}", "wait for it")
    return await asyncio.to_thread(_previewed, at, asked.note, version.intent, version.score)


@router.post("/{session_id}/undo", responses=answers(404), summary="Go back one version")
async def undo(session_id: str, at: At, caller: Writer, idempotency_key: IdempotencyKey = None) -> Answer:
    """Make the version before the current one the current one."""
    return await Desk(at, caller.owner).ask(session_id, lambda session: session.undo(request_id=idempotency_key))


@router.post("/{session_id}/select", responses=answers(404), summary="Go to a version")
async def select(
    session_id: str, asked: Chosen, at: At, caller: Writer, idempotency_key: IdempotencyKey = None
) -> Answer:
    """Make a version the current one."""
    return await Desk(at, caller.owner).ask(
        session_id, lambda session: session.select(asked.version, request_id=idempotency_key)
    )


@router.post("/{session_id}/versions/{version}/cancel", responses=answers(404), summary="Cancel a version")
async def cancel_version(
    session_id: str, version: str, at: At, caller: Writer, idempotency_key: IdempotencyKey = None
) -> Answer:
    """Stop making a version."""
    return await Desk(at, caller.owner).ask(
        session_id, lambda session: session.cancel(version, request_id=idempotency_key)
    )


@router.put("/{session_id}/versions/{version}/rating", responses=answers(404), summary="Rate a version")
async def rate_version(session_id: str, version: str, rating: Rating, at: At, caller: Writer) -> Answer:
    """Note what the caller thinks of a delivered version."""
    return await Desk(at, caller.owner).ask(
        session_id, lambda session: session.rate(rating.stars, rating.words, version=version)
    )


@router.patch("/{session_id}/versions/{version}", responses=answers(404), summary="Name a version")
async def name_version(session_id: str, version: str, asked: Naming, at: At, caller: Writer) -> Answer:
    """Give a version another name."""
    return await Desk(at, caller.owner).ask(session_id, lambda session: session.name(version, asked.name))


@router.post("/{session_id}/close", responses=answers(404), summary="Close a session")
async def close_session(
    session_id: str, asked: Closing, at: At, caller: Writer, idempotency_key: IdempotencyKey = None
) -> Answer:
    """Close a session; its songs stay."""
    return await Desk(at, caller.owner).ask(
        session_id, lambda session: session.close(cancel=asked.cancel, request_id=idempotency_key)
    )


@router.post("/{session_id}/open", responses=answers(404), summary="Open a session again")
async def reopen_session(session_id: str, at: At, caller: Writer) -> SessionState:
    """Open a session again that was closed or lost; what was in the making is made."""
    return await Desk(at, caller.owner).reopen(session_id)


def _previewed(at: At, note: str, intent: ObjectRef, score: ObjectRef | None) -> NotePreview:
    styles = {name: style.info for name, style in load_styles().items()}
    instruments = {name: instrument.info for name, instrument in load_instruments().items()}
    asked = Intent.model_validate_json(at.objects.read_bytes(intent))
    notes = None if score is None else Score.from_json(at.objects.read_bytes(score))
    return preview_note(note, asked, notes, Tools(styles, instruments))
