"""A person's data, exported and deleted, on SQLite with a folder and on PostgreSQL with a bucket."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from builders.people import SHARED, Place
from sqlalchemy import func, select

from aurax.adapters.objects.store import ObjectStore
from aurax.adapters.sql.admissions import Admissions
from aurax.adapters.sql.database import Database
from aurax.adapters.sql.ledger import Ledger
from aurax.adapters.sql.owned import Library
from aurax.adapters.sql.people import ApiKeys, People
from aurax.adapters.sql.tables import LedgerRow, Table
from aurax.errors import InvalidOption, NotFound, ServiceUnavailable, UnwritableOutput
from aurax.services.lineage import Lineage
from aurax.services.people.accounts import issue_key
from aurax.services.people.admit_song import admit_song
from aurax.services.people.personal_data import delete_person, export_person
from aurax.services.request import SongRequest
from aurax.services.task import SongTask


@pytest.fixture
def place(database: Database, database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Place:
    """SQLite with a folder, or PostgreSQL with a bucket."""
    location = str(tmp_path / "objects") if database_kind == "sqlite" else request.getfixturevalue("s3_url")
    return Place(database, ObjectStore(location, tmp_path / "cache"), tmp_path)


async def test_an_export_holds_every_row_and_file(place: Place) -> None:
    ada = await place.person("ada")
    project = await Library(place.database, ada).projects.create("Hers")
    song_id = await place.song(ada, "night drive")
    exported = await export_person(place.rows, place.store, ada, place.folder / "out")
    told = json.loads((exported.folder / "person.json").read_text())
    counts = {
        name: len(told[name]) for name in ("users", "projects", "songs", "assets", "events", "ledger", "admissions")
    }
    assert counts == {
        "users": 1,
        "projects": 1,
        "songs": 1,
        "assets": 3,
        "events": 1,
        "ledger": 1,
        "admissions": 1,
    }
    assert told["projects"][0]["id"] == project.id
    folder = exported.folder / "songs" / f"night-drive-{song_id[:8]}"
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == {
        "report.html": b"<p>night drive</p>",
        "score.json": b'"night drive"',
        "shared.json": SHARED,
    }


async def test_an_export_holds_nothing_of_others(place: Place) -> None:
    ada, bo = await place.person("ada"), await place.person("bo")
    his = await place.song(bo, "his own words")
    await issue_key(ApiKeys(place.database), bo, "his laptop", ["admin"])
    exported = await export_person(place.rows, place.store, ada, place.folder / "out")
    text = (exported.folder / "person.json").read_text()
    assert [word for word in (bo, his, "his own words", "laptop") if word in text] == []


async def test_an_export_holds_no_hash_of_a_key(place: Place) -> None:
    ada = await place.person("ada")
    await issue_key(ApiKeys(place.database), ada, "laptop", ["admin"])
    exported = await export_person(place.rows, place.store, ada, place.folder / "out")
    told = json.loads((exported.folder / "person.json").read_text())
    assert [(key["name"], "secret_sha256" in key) for key in told["api_keys"]] == [("laptop", False)]


async def test_an_export_names_files_that_are_damaged_and_holds_the_rest(place: Place) -> None:
    ada = await place.person("ada")
    song_id = await place.song(ada, "night drive")
    (place.folder / "other.html").write_text("other content")
    place.store.put_at(f"songs/{song_id}/report.html", place.folder / "other.html")
    exported = await export_person(place.rows, place.store, ada, place.folder / "out")
    assert exported.missing == ("night drive: report.html",)
    assert len(list((exported.folder / "songs").rglob("*.json"))) == 2


async def test_an_export_does_not_write_into_a_folder_that_holds_something(place: Place) -> None:
    ada = await place.person("ada")
    (place.folder / "out").mkdir()
    (place.folder / "out" / "mine.txt").write_text("mine")
    with pytest.raises(UnwritableOutput):
        await export_person(place.rows, place.store, ada, place.folder / "out")
    assert [file.name for file in (place.folder / "out").iterdir()] == ["mine.txt"]


async def test_a_failed_export_leaves_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = await place.person("ada")
    await place.song(ada, "night drive")

    def fail(*_: Any) -> None:
        raise ServiceUnavailable("the store to answer", "nothing", "start it")

    monkeypatch.setattr(place.store, "hold", fail)
    before = sorted(path.name for path in place.folder.iterdir())
    with pytest.raises(ServiceUnavailable):
        await export_person(place.rows, place.store, ada, place.folder / "out")
    assert sorted(path.name for path in place.folder.iterdir()) == before


async def test_nobody_is_exported_who_does_not_exist(place: Place) -> None:
    with pytest.raises(NotFound):
        await export_person(place.rows, place.store, "nobody", place.folder / "out")


async def left(place: Place) -> tuple[int, list[str]]:
    """Rows of all tables of people and their songs but the ledger, and the stored keys."""
    async with place.database.reading() as connection:
        counts = [
            await connection.scalar(select(func.count()).select_from(table)) or 0
            for table in Table.metadata.sorted_tables
            if table.name not in ("ledger", "deployment")
        ]
    return sum(counts), list(place.store.keys())


async def ada_with_everything(place: Place) -> str:
    ada = await place.person("ada")
    library = Library(place.database, ada)
    project = await library.projects.create("Hers")
    for words in ("one", "two"):
        await library.projects.put_songs(project.id, [await place.song(ada, words)])
    await issue_key(ApiKeys(place.database), ada, "laptop", ["admin"])
    return ada


async def test_nothing_is_left_of_a_deleted_person(place: Place) -> None:
    ada = await ada_with_everything(place)
    assert await delete_person(place.rows, place.store, ada) == 2
    assert await left(place) == (0, [])


async def test_what_others_need_stays(place: Place) -> None:
    bo = await place.person("bo")
    his = await place.song(bo, "his")
    before = await left(place)
    await delete_person(place.rows, place.store, await ada_with_everything(place))
    assert await left(place) == before
    assert await Library(place.database, bo).songs.files(his) is not None


async def test_sums_of_money_stay_right_and_tell_nobody(place: Place) -> None:
    ada = await ada_with_everything(place)
    before = sum(line.micro_usd for line in await Ledger(place.database).lines())
    await delete_person(place.rows, place.store, ada)
    assert (sum(line.micro_usd for line in await Ledger(place.database).lines()), before) == (500_000, 500_000)
    columns = LedgerRow.user_id, LedgerRow.song_id, LedgerRow.key
    async with place.database.reading() as connection:
        rows = [tuple(row) for row in await connection.execute(select(*columns).order_by(LedgerRow.id))]
    assert rows == [(None, None, "deleted/1"), (None, None, "deleted/2")]


async def test_a_person_with_a_song_in_the_making_is_not_deleted_nor_changed(place: Place) -> None:
    ada = await ada_with_everything(place)
    task = SongTask(song_id="f" * 32, request=SongRequest(prompt="x", seed=1), lineage=Lineage(owner=ada))
    await admit_song(Admissions(place.database), task)
    before = await left(place)
    with pytest.raises(InvalidOption, match="1 songs in the making"):
        await delete_person(place.rows, place.store, ada)
    assert await left(place) == before
    assert (await People(place.database).find(ada)).disabled_at is None


class Interrupted:
    """A store that fails at one of its deletions, before or after it is done."""

    def __init__(self, store: ObjectStore, at: int, *, done: bool) -> None:
        self._store, self._at, self._done = store, at, done
        self.deletions = 0
        self.keys = store.keys

    def delete(self, keys: Iterable[str]) -> None:
        self.deletions += 1
        fails = self.deletions == self._at
        if not fails or self._done:
            self._store.delete(keys)
        if fails:
            raise ServiceUnavailable("the store to answer", "nothing", "start it")


@pytest.mark.parametrize(("at", "done"), [(1, True), (2, False), (3, True), (4, False)])
async def test_a_deletion_that_was_interrupted_is_completed_by_the_next(place: Place, at: int, done: bool) -> None:
    ada = await ada_with_everything(place)
    broken: Any = Interrupted(place.store, at, done=done)
    with pytest.raises(ServiceUnavailable):
        await delete_person(place.rows, broken, ada)
    await delete_person(place.rows, place.store, ada)
    assert await left(place) == (0, [])


@pytest.mark.parametrize("step", ["own_keys", "delete_song", "finish_removal"])
async def test_a_deletion_is_repeated_after_the_database_failed(
    place: Place, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await ada_with_everything(place)
    real: Callable[..., Any] = getattr(place.rows, step)

    async def fail(*arguments: Any) -> Any:
        await real(*arguments)
        raise ServiceUnavailable("the database to answer", "nothing", "start it")

    monkeypatch.setattr(place.rows, step, fail)
    with pytest.raises(ServiceUnavailable):
        await delete_person(place.rows, place.store, ada)
    monkeypatch.undo()
    try:
        await delete_person(place.rows, place.store, ada)
    except NotFound:
        assert step == "finish_removal"
    assert await left(place) == (0, [])


async def test_nothing_new_is_accepted_while_a_person_is_being_deleted(place: Place) -> None:
    ada = await ada_with_everything(place)
    await place.rows.begin_removal(ada)
    assert (await People(place.database).find(ada)).disabled_at is not None
