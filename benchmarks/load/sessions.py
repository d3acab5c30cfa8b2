"""Many sessions at once, each with one song: asking, waiting, and what the database and Temporal tell afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from aurax.adapters.sql.opening import open_database
from aurax.adapters.sql.people import People
from aurax.adapters.temporal.client import connect, get_song_handle, song_result
from aurax.adapters.temporal.names import session_workflow_id, song_workflow_id
from aurax.adapters.temporal.session_client import SessionClient
from aurax.services.prepare import PreparedSong
from aurax.services.request import SongRequest
from aurax.services.session import SessionState
from aurax.services.understand import understand
from aurax.settings import Settings

STYLES = ("lofi", "deep house", "synthwave", "ambient", "lofi with piano")
_NOT_THERE_S = 0.1
_HEARTBEAT_S = 1.0
"""The worker's throttle: so often at most, a heartbeat reaches the server."""
_EVENT_ACTIONS = {
    EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED: 2,
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: 1,
    EventType.EVENT_TYPE_TIMER_STARTED: 1,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: 1,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: 1,
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: 1,
    EventType.EVENT_TYPE_MARKER_RECORDED: 1,
}
"""What an event is billed as. Source: Temporal documentation, Temporal Cloud actions (stored copy, 2026)."""


@dataclass(frozen=True)
class Asked:
    """One session's wish.

    Args:
        owner: whose session it is.
        prompt: for its song.
        seed: of the song.
    """

    owner: str
    prompt: str
    seed: int


@dataclass
class Made:
    """One song of the load.

    Args:
        owner: whose.
        asked_s: when it was asked for, on the wall clock.
        accepted_s: when the session had answered.
        song_id: the song.
        session_id: its session.
        began_s: when a worker took its first step up.
        delivered_s: when it was delivered.
        audio_s: length of the song.
        takes: how many were made.
    """

    owner: str
    asked_s: float
    accepted_s: float
    song_id: str
    session_id: str
    began_s: float = 0.0
    delivered_s: float = 0.0
    audio_s: float = 0.0
    takes: int = 0


@dataclass
class Orchestration:
    """What the histories of songs tell.

    Args:
        events: in the histories of a song's workflows.
        bytes: of these histories.
        actions: what they are billed as on Temporal Cloud.
        heartbeats: estimated from how long activities took, one a second at most; billed too.
        activities: tries of activities.
        workflows: of songs, with their children.
        waits_s: from when an activity was wanted until a worker began it.
        session_events: in the histories of the sessions.
        session_actions: what these are billed as.
    """

    events: int = 0
    bytes: int = 0
    actions: int = 0
    heartbeats: int = 0
    activities: int = 0
    workflows: int = 0
    waits_s: list[float] = field(default_factory=list)
    session_events: int = 0
    session_actions: int = 0


def wishes(owners: Mapping[str, int], seconds: int) -> list[Asked]:
    """As many wishes as each owner has sessions, one owner after the other.

    Args:
        owners: how many sessions each has.
        seconds: length of every song.
    """
    whose = [owner for owner, count in owners.items() for _ in range(count)]
    return [
        Asked(owner, f"{STYLES[number % len(STYLES)]}, {seconds} seconds", number) for number, owner in enumerate(whose)
    ]


def play(environment: Mapping[str, str], asked: Sequence[Asked]) -> tuple[list[Made], Orchestration]:
    """Open a session for every wish at once, wait for all songs, and read what was recorded of them.

    Args:
        environment: variables of the measurement; this process takes them over.
        asked: the wishes; all are sent at the same moment, in their order.
    """
    with _taken_over(environment):
        return asyncio.run(_play(asked))


async def _play(asked: Sequence[Asked]) -> tuple[list[Made], Orchestration]:
    settings = Settings.load()
    client = await connect(settings)
    async with open_database(settings) as database:
        ids = {owner: uuid.uuid4().hex for owner in dict.fromkeys(one.owner for one in asked)}
        for owner, person_id in ids.items():
            await People(database).add(person_id, owner, None)
        prepared = [_prepared(one) for one in asked]
        made = await asyncio.gather(
            *(_one(client, settings, one, song, ids[one.owner]) for one, song in zip(asked, prepared, strict=True))
        )
        async with database.reading() as connection:
            for one in made:
                await _read_times(connection, one)
    return list(made), await _histories(client, made)


def _prepared(asked: Asked) -> PreparedSong:
    request = SongRequest.of(prompt=asked.prompt, seed=asked.seed)
    return PreparedSong(request, understand(request))


async def _one(client: Client, settings: Settings, asked: Asked, song: PreparedSong, owner: str) -> Made:
    session = SessionClient(client, settings, uuid.uuid4().hex, patience_s=600)
    asked_s = time.time()
    opening = SessionState(session_id=session.session_id, owner=owner)
    answer = await session.request_song(song, opening=opening)
    accepted_s = time.time()
    assert answer.song_id is not None
    handle = get_song_handle(client, answer.song_id)
    while True:
        try:
            await handle.describe()
            break
        except RPCError as error:  # the session has not started it yet
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
        await asyncio.sleep(_NOT_THERE_S)
    await song_result(handle)
    await session.close()
    return Made(asked.owner, asked_s, accepted_s, answer.song_id, session.session_id)


async def _read_times(connection: Any, made: Made) -> None:
    events = text("SELECT kind, at FROM events WHERE song_id = :song ORDER BY id")
    times = {kind: _seconds(at) for kind, at in await connection.execute(events, {"song": made.song_id})}
    made.began_s, made.delivered_s = times["intent.started"], times["song.delivered"]
    song = text("SELECT duration_s FROM songs WHERE id = :song")
    made.audio_s = float(await connection.scalar(song, {"song": made.song_id}) or 0.0)
    takes = text("SELECT count(*) FROM takes WHERE song_id = :song")
    made.takes = int(await connection.scalar(takes, {"song": made.song_id}) or 0)


def _seconds(at: Any) -> float:
    when = datetime.fromisoformat(at) if isinstance(at, str) else at
    return float(when.timestamp() if when.tzinfo else when.replace(tzinfo=UTC).timestamp())


async def _histories(client: Client, made: Sequence[Made]) -> Orchestration:
    found = Orchestration()
    for one in made:
        await _read_song(client, song_workflow_id(one.song_id), found)
        history = await client.get_workflow_handle(session_workflow_id(one.session_id)).fetch_history()
        found.session_events += len(history.events)
        found.session_actions += 1 + sum(_EVENT_ACTIONS.get(event.event_type, 0) for event in history.events)
    return found


async def _read_song(client: Client, workflow_id: str, found: Orchestration) -> None:
    history = await client.get_workflow_handle(workflow_id).fetch_history()
    kinds: Counter[int] = Counter()
    scheduled: dict[int, float] = {}
    started: dict[int, float] = {}
    for event in history.events:
        kinds[event.event_type] += 1
        found.bytes += event.ByteSize()
        at_s = event.event_time.ToMilliseconds() / 1000
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            scheduled[event.event_id] = at_s
        elif event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED:
            attributes = event.activity_task_started_event_attributes
            started[attributes.scheduled_event_id] = at_s
            found.activities += attributes.attempt
            found.actions += attributes.attempt - 1
            if attributes.attempt == 1:
                found.waits_s.append(at_s - scheduled[attributes.scheduled_event_id])
        elif event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
            took_s = at_s - started[event.activity_task_completed_event_attributes.scheduled_event_id]
            found.heartbeats += int(took_s / _HEARTBEAT_S)
        elif event.event_type == EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
            child = event.start_child_workflow_execution_initiated_event_attributes.workflow_id
            await _read_song(client, child, found)
    found.workflows += 1
    found.events += sum(kinds.values())
    # The start of a workflow that has a parent is billed in its parent's history.
    found.actions += sum(_EVENT_ACTIONS.get(EventType.ValueType(kind), 0) * count for kind, count in kinds.items())


@contextlib.contextmanager
def _taken_over(environment: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
