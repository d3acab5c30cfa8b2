"""What requests do to a session: pure steps from one state to the next, and what they refuse."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aurax.audio.reference import SongId
from aurax.errors import InvalidOption
from aurax.intent.intent import Intent
from aurax.intent.revision import Revision
from aurax.services.lineage import Lineage
from aurax.services.session import LONGEST_NOTE, Answer, SessionState, Version
from aurax.services.song import Song
from aurax.services.task import SongTask

_REMEMBERED_ANSWERS = 500
_LONGEST_TITLE = 200


def with_next_name(state: SessionState) -> tuple[SessionState, str]:
    """A name for the next version, which no version has, and the state in which it is taken."""
    number = state.counter + 1
    while state.version(f"v{number}") is not None:
        number += 1
    return state.model_copy(update={"counter": number}), f"v{number}"


def task_of(state: SessionState, version: Version, parent: Version | None, intent: Intent | None = None) -> SongTask:
    """What the pipeline gets to make a version.

    Args:
        state: the session.
        version: the one to be made.
        parent: the one that it comes from.
        intent: the prompt of a first version, understood; None leaves it to the worker.
    """
    return SongTask(
        song_id=version.song_id,
        request=version.request,
        intent=intent,
        lineage=Lineage(
            owner=state.owner,
            session_id=state.session_id,
            parent_id=parent.song_id if parent is not None else None,
            version=version.name,
            note=version.note,
        ),
        base=parent.layers if parent is not None else None,
        earlier=_notes_to(state, parent),
        revisions=version.revisions,
        keep_layers=True,
    )


def _notes_to(state: SessionState, version: Version | None) -> tuple[Revision, ...]:
    """Every note that led to a version, the first one first."""
    notes: list[Revision] = []
    while version is not None:
        notes[:0] = version.revisions
        version = state.version(version.parent) if version.parent is not None else None
    return tuple(notes)


def with_version(state: SessionState, version: Version) -> SessionState:
    """The state with a new version, which becomes the current one."""
    return state.model_copy(
        update={
            "versions": (*state.versions, version),
            "current": version.name,
            "title": state.title or version.request.prompt[:_LONGEST_TITLE],
        }
    )


def changed(state: SessionState, name: str, **known: Any) -> SessionState:
    """The state with other values of one version."""
    versions = tuple(one.model_copy(update=known) if one.name == name else one for one in state.versions)
    return state.model_copy(update={"versions": versions})


def answered(state: SessionState, answer: Answer) -> SessionState:
    """The state that remembers an answer; the oldest are forgotten."""
    return state.model_copy(update={"answers": (*state.answers, answer)[-_REMEMBERED_ANSWERS:]})


def answer_to(state: SessionState, request_id: str) -> Answer | None:
    """What a request was answered before."""
    return next((answer for answer in state.answers if answer.request_id == request_id), None)


def delivered(state: SessionState, name: str, song: Song, at: datetime) -> SessionState:
    """The state after a version was delivered."""
    return changed(
        state,
        name,
        status="delivered",
        title=song.title,
        style=song.style,
        duration_s=song.duration_s,
        passed=song.passed,
        points=song.points,
        outcome=song.outcome,
        revisions=song.revisions,
        intent=song.intent,
        score=song.score,
        layers=song.layers,
        ended_at=at,
    )


def not_delivered(state: SessionState, name: str, status: str, error: str, at: datetime) -> SessionState:
    """The state after a version failed or was cancelled; the version before it becomes the current one again."""
    state = changed(state, name, status=status, error=error, ended_at=at)
    return state.model_copy(update={"current": _usable(state, name)}) if state.current == name else state


def undone(state: SessionState) -> SessionState:
    """The state in which the version before the current one is the current one.

    Raises:
        InvalidOption: there is nothing to take back.
    """
    current = require_current(state)
    before = _usable(state, current.name)
    if before is None:
        raise InvalidOption(
            "a version that came from another one",
            f"{current.name}, the first",
            "steer it with a note, choose another version, or ask for another song",
        )
    return state.model_copy(update={"current": before})


def require_current(state: SessionState) -> Version:
    """The current version.

    Raises:
        InvalidOption: there is none.
    """
    if state.now is None:
        raise InvalidOption("a song in the session", "none yet", "ask for a song first")
    return state.now


def require_version(state: SessionState, name: str | None) -> Version:
    """The version of that name, or the current one.

    Raises:
        InvalidOption: there is no such version.
    """
    if name is None:
        return require_current(state)
    version = state.version(name)
    if version is None:
        known = ", ".join(one.name for one in state.versions[-12:]) or "none yet"
        raise InvalidOption(f"a version of the session, such as {known}", repr(name), "choose one of these")
    return version


def require_steerable(version: Version) -> None:
    """Make sure that a version can be changed.

    Raises:
        InvalidOption: it failed or was cancelled.
    """
    if version.status in ("failed", "cancelled"):
        raise InvalidOption(
            "a version that is delivered or in the making",
            f"{version.name}, which {'failed' if version.status == 'failed' else 'was cancelled'}",
            "choose another version, or ask for the song again",
        )


def require_room(state: SessionState) -> None:
    """Make sure that the session can hold another version.

    Raises:
        InvalidOption: it is full.
    """
    if len(state.versions) >= state.most_versions:
        raise InvalidOption(
            f"at most {state.most_versions} versions in a session", f"{len(state.versions)}", "open a new session"
        )


def require_note(note: str) -> None:
    """Make sure that a note can be read.

    Raises:
        InvalidOption: it is empty or too long.
    """
    if not note.strip():
        raise InvalidOption("a note in plain words", "nothing", "say what is to change, such as 'slower'")
    if len(note) > LONGEST_NOTE:
        raise InvalidOption(f"a note of at most {LONGEST_NOTE} characters", f"{len(note)}", "say it in fewer words")


def require_stars(stars: int) -> None:
    """Make sure that a rating is one.

    Raises:
        InvalidOption: it is none from 1 to 5.
    """
    if not 1 <= stars <= 5:
        raise InvalidOption("a rating from 1 to 5", str(stars), "choose a number in that range")


def require_free_name(state: SessionState, name: str) -> None:
    """Make sure that a version can be called so.

    Raises:
        InvalidOption: the name is taken, empty, too long or holds characters that names cannot have.
    """
    if not name.strip() or len(name) > 64 or any(letter < " " or letter in "/\\" for letter in name):
        raise InvalidOption("a name of 1 to 64 characters without slashes", repr(name[:100]), "choose another name")
    if state.version(name) is not None:
        raise InvalidOption("a name that no version has", repr(name), "choose another name")


def named(state: SessionState, old: str, new: str) -> SessionState:
    """The state with another name of one version, wherever it stands."""
    versions = tuple(
        one.model_copy(
            update={
                "name": new if one.name == old else one.name,
                "parent": new if one.parent == old else one.parent,
            }
        )
        for one in state.versions
    )
    return state.model_copy(update={"versions": versions, "current": new if state.current == old else state.current})


def unused_song_id(state: SessionState, song_id: SongId) -> bool:
    """Whether no version has that song."""
    return all(one.song_id != song_id for one in state.versions)


def _usable(state: SessionState, name: str) -> str | None:
    """The nearest version before one, that is delivered or in the making."""
    version = state.version(name)
    while version is not None and version.parent is not None:
        version = state.version(version.parent)
        if version is not None and version.status not in ("failed", "cancelled"):
            return version.name
    return None
