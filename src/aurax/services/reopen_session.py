"""A session that ended, or whose workflow is gone, made ready to be opened again from what was written down of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from aurax.audio.reference import SongId
from aurax.services import session_steps as steps
from aurax.services.session import SessionState
from aurax.services.song import Song


def reopened(state: SessionState, ended: Mapping[SongId, Song | str], at: datetime) -> SessionState:
    """The state with which a session is opened again.

    A version that was in the making when the session was lost gets what became of its song meanwhile; where nothing
    did, the same song is asked for again, under the same name and id.

    Args:
        state: as it was written down.
        ended: what became of songs: the delivered song, or `failed` or `cancelled`; others have not ended.
        at: now.
    """
    state = state.model_copy(update={"closed_at": None, "close_reason": "", "waiting": (), "run": 0})
    current = state.current
    for version in state.versions:
        if version.is_ended:
            continue
        outcome = ended.get(version.song_id)
        if isinstance(outcome, Song):
            state = steps.delivered(state, version.name, outcome, at)
        elif outcome is not None:
            state = steps.not_delivered(state, version.name, outcome, "", at)
        else:
            state = steps.changed(state, version.name, status="waiting")
            parent = state.version(version.parent) if version.parent is not None else None
            waiting = (*state.waiting, steps.task_of(state, version, parent))
            state = state.model_copy(update={"waiting": waiting})
    if current is not None and state.current is None:
        usable = [one for one in state.versions if one.status == "delivered"]
        state = state.model_copy(update={"current": usable[-1].name if usable else None})
    return state
