"""People see their own things and nobody else's, on SQLite and on PostgreSQL."""

from __future__ import annotations

import inspect
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from aurax.adapters.sql.database import Database
from aurax.adapters.sql.events import Events
from aurax.adapters.sql.ledger import Ledger
from aurax.adapters.sql.owned import Library
from aurax.adapters.sql.people import People
from aurax.adapters.sql.sessions import Sessions
from aurax.adapters.sql.songs import Songs
from aurax.errors import AuraxError, InvalidOption, NotAllowed, NotFound
from aurax.services.lineage import Lineage
from aurax.services.people.accounts import add_person
from aurax.services.ports import Asset
from aurax.services.session import KeepRequest

PARTS = ("songs", "sessions", "projects")
IDS = ("song_id", "project_id", "session_id")
OTHER_ARGUMENTS = {"title": "Another title", "stars": 5}


class Two:
    """Ada and Bo, and everything that Ada has; made by `two`."""

    def __init__(self, database: Database, ada: str, bo: str | None) -> None:
        self.hers, self.his = Library(database, ada), Library(database, bo)
        self.ids: dict[str, str] = {}

    def foreign(self, name: str) -> str:
        return self.ids[name]


@pytest.fixture
async def two(database: Database) -> Two:
    return await with_things(database, (await add_person(People(database), "Bo")).id)


@pytest.fixture
async def alone(database: Database) -> Two:
    """The other one is who works without naming anybody."""
    return await with_things(database, None)


async def with_things(database: Database, other: str | None) -> Two:
    """Ada has one of each thing, the other one nothing."""
    ada = await add_person(People(database), "Ada")
    two = Two(database, ada.id, other)
    song = uuid.uuid4().hex
    await Songs(database).create_song(song, "lofi", 1, lineage=Lineage(owner=ada.id))
    await Songs(database).save_assets(song, [Asset(name="mix.flac", key="audio/x.flac", sha256="x", bytes=5)])
    await Songs(database).set_song_status(song, "delivered")
    await Events(database).append_event(song, "song.delivered", {})
    await Ledger(database).reserve(song, "generation", "a call", 0.01, key="call")
    project = await two.hers.projects.create("Hers")
    await two.hers.projects.put_songs(project.id, [song])
    session = uuid.uuid4().hex
    opened_at = datetime(2026, 11, 26, 12, tzinfo=UTC)
    await Sessions(database).keep(KeepRequest(session_id=session, owner=ada.id, opened_at=opened_at))
    two.ids = {"song_id": song, "project_id": project.id, "session_id": session}
    return two


def methods(two: Two) -> list[tuple[str, str, Callable[..., Any]]]:
    """Every public method of what a person can reach: its part, its name, and itself bound to Bo."""
    return [
        (part, name, method)
        for part in PARTS
        for name, method in inspect.getmembers(getattr(two.his, part), inspect.ismethod)
        if not name.startswith("_")
    ]


async def outcome(method: Callable[..., Any], ids: Callable[[str], str]) -> Any:
    """What a method answers or says, called with ids for its parameters, which are replaced in its words."""
    parameters = inspect.signature(method).parameters
    named: dict[str, Any] = {name: ids(name) for name in parameters if name in IDS}
    if "song_ids" in parameters:
        named["song_ids"] = [ids("song_id")]
    named |= {name: value for name, value in OTHER_ARGUMENTS.items() if name in parameters}
    try:
        answer = method(**named)
        return [each async for each in answer] if inspect.isasyncgen(answer) else await answer
    except AuraxError as error:
        words = str(error)
        for name in IDS:
            words = words.replace(ids(name) if name in named or "song_ids" in named else "\0", "ID")
        return type(error), words


async def test_every_method_answers_a_foreign_id_as_it_answers_an_unknown_one(two: Two) -> None:
    await compare_answers(two)


async def test_who_names_nobody_reaches_nothing_of_people(alone: Two) -> None:
    await compare_answers(alone)
    assert (await alone.his.songs.list_songs(), await alone.his.projects.list_projects()) == ((), ())


async def compare_answers(two: Two) -> None:
    unknown = {name: uuid.uuid4().hex for name in IDS}
    checked = []
    for part, name, method in methods(two):
        if not set(inspect.signature(method).parameters) & {*IDS, "song_ids"}:
            continue
        foreign = await outcome(method, lambda one: two.ids.get(one, unknown[one]))
        missing = await outcome(method, lambda one: unknown[one])
        assert foreign == missing, f"{part}.{name}"
        assert foreign == () or foreign[0] is NotFound, f"{part}.{name}"
        checked.append(f"{part}.{name}")
    assert {
        "songs.get_song",
        "songs.files",
        "songs.events",
        "songs.follow",
        "sessions.state",
        "projects.put_songs",
    } <= set(checked)


async def test_methods_without_an_id_answer_with_nothing_of_others(two: Two) -> None:
    for part, name, method in methods(two):
        if name.startswith("list_"):
            assert await method() == (), f"{part}.{name}"


async def test_every_method_takes_an_id_lists_or_makes_something(two: Two) -> None:
    others = [
        name
        for _, name, method in methods(two)
        if not set(inspect.signature(method).parameters) & {*IDS, "song_ids"} and not name.startswith("list_")
    ]
    assert others == ["create"]


async def test_nothing_of_hers_changed_when_others_tried(two: Two) -> None:
    before = await two.hers.songs.list_songs(), await two.hers.projects.list_projects()
    for _, _, method in methods(two):
        if set(inspect.signature(method).parameters) & {*IDS, "song_ids"}:
            await outcome(method, lambda one: two.ids.get(one, "none"))
    assert (await two.hers.songs.list_songs(), await two.hers.projects.list_projects()) == before


async def test_the_owner_herself_gets_everything(two: Two) -> None:
    song = two.ids["song_id"]
    songs = two.hers.songs
    assert [one.id for one in await songs.list_songs()] == [song]
    assert [one.name for one in await songs.assets(song)] == ["mix.flac"]
    assert [one.kind for one in await songs.events(song)] == ["song.delivered"]
    assert [one.kind async for one in songs.follow(song)] == ["song.delivered"]
    assert len(await songs.cost_lines(song)) == 1
    await songs.rate_song(song, 5, "lovely")
    assert [one.id for one in await two.hers.sessions.list_sessions()] == [two.ids["session_id"]]


async def test_the_beginning_of_an_id_is_looked_for_among_her_own_alone(database: Database, two: Two) -> None:
    song = two.ids["song_id"]
    await Songs(database).create_song(song[:8] + "f" * 24, "of somebody else", 1)
    assert (await two.hers.songs.get_song(song[:8])).id == song


async def test_her_song_goes_into_none_of_his_projects(two: Two) -> None:
    project = await two.his.projects.create("His")
    with pytest.raises(NotFound, match="the id of one song"):
        await two.his.projects.put_songs(project.id, [two.ids["song_id"]])


async def test_songs_go_into_a_project_all_or_none(database: Database, two: Two) -> None:
    project = await two.hers.projects.create("Second")
    with pytest.raises(NotFound):
        await two.hers.projects.put_songs(project.id, [two.ids["song_id"], "nothing"])
    assert (await two.hers.projects.get_project(project.id)).songs == 0


async def test_a_project_lists_its_songs(two: Two) -> None:
    listed = await two.hers.songs.list_songs(project_id=two.ids["project_id"])
    assert [song.id for song in listed] == [two.ids["song_id"]]


async def test_a_song_is_taken_out_of_its_project(two: Two) -> None:
    await two.hers.projects.take_song_out(two.ids["song_id"])
    assert (await two.hers.projects.get_project(two.ids["project_id"])).songs == 0


async def test_an_archived_project_is_listed_only_when_asked_for(two: Two) -> None:
    project = two.ids["project_id"]
    await two.hers.projects.archive(project)
    assert await two.hers.projects.list_projects() == ()
    assert [one.id for one in await two.hers.projects.list_projects(archived=True)] == [project]
    await two.hers.projects.reopen(project)
    assert [one.id for one in await two.hers.projects.list_projects()] == [project]


async def test_a_project_is_renamed(two: Two) -> None:
    assert (await two.hers.projects.rename(two.ids["project_id"][:8], " New  name ")).title == "New name"


async def test_a_project_needs_a_title(two: Two) -> None:
    with pytest.raises(InvalidOption, match="a title of 1 to 200"):
        await two.hers.projects.create(" ")


async def test_nobody_writes_over_another_s_session(database: Database, two: Two) -> None:
    before = await two.hers.sessions.get_session(two.ids["session_id"])
    mine = KeepRequest(session_id=before.id, owner=None, opened_at=before.started_at, title="Taken over")
    with pytest.raises(NotAllowed):
        await Sessions(database).keep(mine)
    assert await two.hers.sessions.get_session(before.id) == before
