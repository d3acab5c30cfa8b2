"""Songs and sessions of people on a real Temporal server: accepted or refused in their names, and ended with them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from builders.databases import KINDS, Databases
from builders.ports import memory_context
from builders.temporal import working
from tasks import song_task
from temporal_fakes import FakeActivities
from temporalio.client import Client

from aurax.adapters.cli.personal_data import end_running
from aurax.adapters.objects.store import ObjectStore
from aurax.adapters.sql.admissions import Admissions
from aurax.adapters.sql.database import Database
from aurax.adapters.sql.events import Events
from aurax.adapters.sql.owned import Library
from aurax.adapters.sql.people import People
from aurax.adapters.sql.personal_data import PersonalRows
from aurax.adapters.sql.sessions import Sessions
from aurax.adapters.sql.songs import Songs
from aurax.adapters.temporal.client import song_result, start_song
from aurax.adapters.temporal.session_client import SessionClient
from aurax.adapters.temporal.session_life import SessionActivities
from aurax.adapters.temporal.song import SongActivities
from aurax.errors import InvalidOption, LimitReached, NotAllowed
from aurax.services.lineage import Lineage
from aurax.services.people.accounts import add_person
from aurax.services.people.admit_song import admit_song
from aurax.services.people.limits import Limits
from aurax.services.people.personal_data import delete_person
from aurax.services.prepare import PreparedSong
from aurax.services.request import SongRequest
from aurax.services.session import SessionState
from aurax.services.task import SongTask
from aurax.services.understand import understand

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=KINDS)
async def database(databases: Databases, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    address = databases.migrated(request.param)
    database = Database(address)
    yield database
    await database.close()
    databases.drop(address)


def activities(database: Database, folder: Path, fakes: FakeActivities, limits: Limits) -> list[Callable[..., Any]]:
    """Fakes, but for the beginning and the end of songs and what sessions write down."""
    context = memory_context(
        songs=Songs(database),
        sessions=Sessions(database),
        events=Events(database),
        admissions=Admissions(database, limits),
        objects=ObjectStore(str(folder / "objects"), folder / "cache"),
    )
    songs, sessions = SongActivities(context), SessionActivities(context)
    real = [songs.analyze, songs.end_song, sessions.keep_session, sessions.admit_song]
    names = {one.__name__ for one in real}
    return [*real, *(one for one in fakes.all() if one.__name__ not in names)]


async def person(database: Database) -> str:
    return (await add_person(People(database), "Ada")).id


def task_of(owner: str, **known: Any) -> SongTask:
    return song_task("lofi", understood=True, **known).model_copy(update={"lineage": Lineage(owner=owner)})


async def test_a_song_beyond_a_limit_is_refused_whole(client: Client, database: Database, tmp_path: Path) -> None:
    ada, fakes = await person(database), FakeActivities()
    wanted = task_of(ada)
    async with working(client, activities(database, tmp_path, fakes, Limits(songs_per_day=0)), tmp_path) as settings:
        with pytest.raises(LimitReached, match="ask the operator"):
            await song_result(await start_song(client, wanted, settings))
    assert await Library(database, ada).songs.list_songs() == ()


async def test_a_task_with_another_s_song_id_changes_nothing_of_it(
    client: Client, database: Database, tmp_path: Path
) -> None:
    ada, eve = await person(database), await person(database)
    hers = task_of(ada)
    await admit_song(Admissions(database), hers)
    before = await Library(database, ada).songs.get_song(hers.song_id)
    async with working(client, activities(database, tmp_path, FakeActivities(), Limits()), tmp_path) as settings:
        with pytest.raises(NotAllowed):
            await song_result(await start_song(client, task_of(eve, song_id=hers.song_id), settings))
    assert await Library(database, ada).songs.get_song(hers.song_id) == before


async def test_a_session_refuses_at_once_what_is_beyond_a_limit(
    client: Client, database: Database, tmp_path: Path
) -> None:
    ada, request = await person(database), SongRequest.of(prompt="lofi", seed=1)
    limits = Limits(songs_per_day=1)
    async with working(client, activities(database, tmp_path, FakeActivities(), limits), tmp_path) as settings:
        session = SessionClient(client, settings, uuid.uuid4().hex)
        await session.open(SessionState(session_id=session.session_id, owner=ada))
        await session.request_song(PreparedSong(request, understand(request)))
        with pytest.raises(LimitReached, match="in the last 24 hours"):
            await session.request_song(PreparedSong(request, understand(request)))
        assert len((await session.state()).versions) == 1
        await session.close(cancel=True)
        while await session.is_open():
            await asyncio.sleep(0.05)


async def until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(30):
        while not await holds():
            await asyncio.sleep(0.05)


async def test_a_person_with_an_open_session_is_deleted_after_all_was_ended(
    client: Client, database: Database, tmp_path: Path
) -> None:
    ada, fakes, rows = await person(database), FakeActivities(), PersonalRows(database)
    objects = ObjectStore(str(tmp_path / "objects"), tmp_path / "cache")
    request = SongRequest.of(prompt="lofi", seed=1)
    async with working(client, activities(database, tmp_path, fakes, Limits()), tmp_path) as settings:
        session = SessionClient(client, settings, uuid.uuid4().hex)
        await session.open(SessionState(session_id=session.session_id, owner=ada))
        await session.request_song(PreparedSong(request, understand(request)))
        await until(Library(database, ada).songs.list_songs)
        with pytest.raises(InvalidOption, match="1 open sessions"):
            await delete_person(rows, objects, ada)
        songs, sessions = await rows.in_the_making(ada)
        assert sessions == (session.session_id,)
        await end_running(client, settings, database, songs, sessions)
        await delete_person(rows, objects, ada)
        assert not await session.is_open()
    assert await Library(database, ada).songs.list_songs() == ()


async def test_what_has_no_workflow_any_more_is_ended_in_the_database(
    client: Client, database: Database, tmp_path: Path
) -> None:
    ada, rows = await person(database), PersonalRows(database)
    gone = task_of(ada)
    await admit_song(Admissions(database), gone)
    async with working(client, activities(database, tmp_path, FakeActivities(), Limits()), tmp_path) as settings:
        await end_running(client, settings, database, *await rows.in_the_making(ada))
    assert (await Library(database, ada).songs.get_song(gone.song_id)).status == "cancelled"
