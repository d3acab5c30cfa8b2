"""Deleting what no song needs from a store that several share, on both databases, in a folder and on S3."""

from __future__ import annotations

import asyncio
import json
import os
import time
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from builders.s3_server import S3Server
from sqlalchemy import update
from typer.testing import CliRunner

from aurax.adapters.cli.main import app
from aurax.adapters.local.tidying import keep_bounds, tidy
from aurax.adapters.objects.connection import Patience
from aurax.adapters.objects.garbage import Garbage, collect_garbage
from aurax.adapters.objects.ownership import NOTE, claim, owner, take_over
from aurax.adapters.objects.store import ObjectStore
from aurax.adapters.sql.database import Database
from aurax.adapters.sql.deployment import deployment_id
from aurax.adapters.sql.songs import Songs
from aurax.adapters.sql.tables import DeploymentRow
from aurax.errors import CorruptData, InvalidOption
from aurax.services.ports import Asset
from aurax.settings import Settings
from aurax.wiring import build_context

SONG = "0123456789abcdef"


class Place:
    """A store, and the folder in which its objects really are."""

    def __init__(self, location: str, folder: Path, work_dir: Path) -> None:
        self.location, self._folder = location, folder
        self.store = ObjectStore(location, work_dir, patience=Patience(retry_s=5.0))

    def age(self, hours: float, key: str = "") -> None:
        """Let everything, or one object, be stored so long ago."""
        moment = time.time() - hours * 3600
        for path in [self._folder / key] if key else [path for path in self._folder.rglob("*") if path.is_file()]:
            os.utime(path, (moment, moment))


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "folder":
        return Place(str(tmp_path / "shared"), tmp_path / "shared", tmp_path / "cache")
    url: str = request.getfixturevalue("s3_url")
    server: S3Server = request.getfixturevalue("s3")
    folder = server.folder / "bucket" / url.rpartition("/")[2]
    return Place(url, folder, tmp_path / "cache")


async def a_song(place: Place, songs: Songs, content: bytes = b"needed") -> str:
    await songs.create_song(SONG, "a prompt", 1)
    ref = place.store.put_bytes(content)
    await songs.save_assets(SONG, [Asset.of("score", ref)])
    return ref.key


async def test_only_old_objects_that_no_song_needs_go(place: Place, database: Database, tmp_path: Path) -> None:
    songs = Songs(database)
    needed = await a_song(place, songs)
    (tmp_path / "file").write_bytes(b"file")
    orphan = place.store.put_bytes(b"orphan").key
    for key in (f"songs/{SONG}/report.html", "songs/ffff/report.html", "wire/left.flac"):
        place.store.put_at(key, tmp_path / "file")
    place.age(25)
    young = place.store.put_bytes(b"young").key
    looked = await collect_garbage(place.store, songs.needed, dry_run=True)
    assert len(place.store.keys()) == 6
    done = await collect_garbage(place.store, songs.needed)
    assert done == looked == Garbage(3, 14, (orphan, "songs/ffff/report.html", "wire/left.flac"))
    assert set(place.store.keys()) == {needed, young, f"songs/{SONG}/report.html"}


async def test_two_that_collect_at_once_do_no_harm(place: Place, database: Database) -> None:
    songs = Songs(database)
    needed = await a_song(place, songs)
    for number in range(30):
        place.store.put_bytes(b"%d" % number)
    place.age(25)
    both = await asyncio.gather(*(collect_garbage(place.store, songs.needed) for _ in range(2)))
    assert max(one.objects for one in both) == 30
    assert place.store.keys() == (needed,)


async def test_more_objects_than_a_page_are_looked_through(place: Place, database: Database) -> None:
    songs = Songs(database)
    needed = await a_song(place, songs)
    template = place.store.put_bytes(b"template").key
    folder = place._folder / "documents"
    for number in range(1500):
        os.link(folder / template.rpartition("/")[2], folder / f"{number}.json")
    place.age(25)
    assert (await collect_garbage(place.store, songs.needed)).objects == 1501
    assert place.store.keys() == (needed,)


async def test_a_song_that_stores_the_same_content_again_keeps_it(place: Place, database: Database) -> None:
    songs = Songs(database)
    orphan = place.store.put_bytes(b"both want it").key
    place.age(25)
    await songs.create_song(SONG, "a prompt", 1)
    looping = asyncio.get_running_loop()

    def announce(ref: object) -> None:
        saving = songs.save_assets(SONG, [Asset(name="x", key=orphan, sha256="0" * 64, bytes=1)])
        asyncio.run_coroutine_threadsafe(saving, looping).result()

    await asyncio.to_thread(place.store.put_bytes, b"both want it", announce=announce)
    assert (await collect_garbage(place.store, songs.needed, grace=timedelta(0))).objects == 0


def test_an_empty_store_is_marked_by_whoever_uses_it_first(place: Place) -> None:
    assert claim(place.store, "mine") == "ours"
    assert owner(place.store) == "mine"
    place.store.put_bytes(b"{}")
    assert claim(place.store, "mine") == "ours"
    assert all(key != NOTE for page in place.store.pages() for key in (one.key for one in page))


def test_a_store_of_another_database_is_refused(place: Place) -> None:
    claim(place.store, "theirs")
    with pytest.raises(InvalidOption, match="the mark of another one"):
        claim(place.store, "mine")
    assert owner(place.store) == "theirs"
    take_over(place.store, "mine")
    assert claim(place.store, "mine") == "ours"


def test_a_store_that_was_filled_before_stores_were_marked_stays_unmarked(place: Place) -> None:
    place.store.put_bytes(b"{}")
    assert claim(place.store, "mine") == "unmarked"
    assert owner(place.store) is None


def test_a_mark_that_cannot_be_read_belongs_to_nobody(place: Place) -> None:
    place.store.write_note(NOTE, b"[")
    with pytest.raises(CorruptData, match="gc --claim"):
        claim(place.store, "mine")


def settings_for(place: Place, database_address: str, folder: Path) -> Settings:
    address = database_address if "://" in database_address else f"sqlite:///{database_address}"
    return Settings.load(data_dir=folder, objects_url=place.location, database_url=address)


async def test_gc_with_the_wrong_database_deletes_nothing(
    place: Place, database: Database, database_address: str, tmp_path: Path
) -> None:
    settings = settings_for(place, database_address, tmp_path / "data")
    claim(place.store, await deployment_id(database))
    await a_song(place, Songs(database))
    place.age(25)
    async with database.writing() as connection:
        await connection.execute(update(DeploymentRow).values(id=uuid.uuid4().hex))
    with pytest.raises(InvalidOption, match="belong to this database"):
        await tidy(settings, database, keep=0, grace=timedelta(0))
    assert len(place.store.keys()) == 1


async def test_gc_of_an_unmarked_store_deletes_nothing_until_it_is_claimed(
    place: Place, database: Database, database_address: str, tmp_path: Path
) -> None:
    settings = settings_for(place, database_address, tmp_path / "data")
    place.store.put_bytes(b"orphan")
    place.age(25)
    with pytest.raises(InvalidOption, match="gc --claim"):
        await tidy(settings, database)
    assert len(place.store.keys()) == 1
    take_over(place.store, await deployment_id(database))
    assert (await tidy(settings, database, dry_run=True)).remote_objects == 1
    assert (await tidy(settings, database)).remote_objects == 1
    assert place.store.keys() == ()


async def test_a_worker_marks_an_empty_store_and_refuses_that_of_another(
    place: Place, database: Database, database_address: str, tmp_path: Path
) -> None:
    settings = settings_for(place, database_address, tmp_path / "data")
    async with build_context(settings):
        assert owner(place.store) == await deployment_id(database)
    take_over(place.store, "theirs")
    with pytest.raises(InvalidOption, match="the mark of another one"):
        async with build_context(settings):
            pass


async def test_copies_of_what_no_song_needs_go_too(
    place: Place, database: Database, database_address: str, tmp_path: Path
) -> None:
    if "://" not in place.location:
        pytest.skip("a folder has no copies")
    settings = settings_for(place, database_address, tmp_path / "data")
    claim(place.store, await deployment_id(database))
    place.store = ObjectStore(place.location, settings.cache_dir)
    needed = await a_song(place, Songs(database))
    orphan = place.store.put_bytes(b"deleted by another machine").key
    ObjectStore(place.location, tmp_path / "elsewhere").delete([orphan])
    assert (settings.cache_dir / orphan).exists()
    assert (await tidy(settings, database)).files == 1
    assert not (settings.cache_dir / orphan).exists()
    assert (settings.cache_dir / needed).exists()


async def test_a_database_that_many_share_has_no_bound_of_songs_unless_one_is_set(
    database: Database, database_address: str, tmp_path: Path
) -> None:
    place = Place(str(tmp_path / "shared"), tmp_path / "shared", tmp_path / "cache")
    songs = Songs(database)
    for number in range(3):
        await songs.create_song(f"song{number}", "a prompt", 1)
        await songs.set_song_status(f"song{number}", "delivered")
    bounded = settings_for(place, database_address, tmp_path / "data").model_copy(update={"keep_songs": 1})
    not_set = bounded.model_copy()
    not_set.model_fields_set.discard("keep_songs")
    assert (await keep_bounds(not_set, database)).forgotten == ()
    assert len((await keep_bounds(bounded, database)).forgotten) == 2


def test_the_command_claims_looks_and_collects(
    s3: S3Server, s3_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(s3_url, s3.folder / "bucket" / s3_url.rpartition("/")[2], tmp_path / "cache")
    orphan = place.store.put_bytes(b"orphan").key
    place.age(25)
    monkeypatch.setenv("AURAX_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("AURAX_OBJECTS_URL", s3_url)
    refused = CliRunner().invoke(app, ["gc", "--json"])
    assert json.loads(refused.output)["error"]["kind"] == "InvalidOption"
    assert json.loads(CliRunner().invoke(app, ["gc", "--claim", "--json"]).output) == {"claimed": s3_url}
    told = json.loads(CliRunner().invoke(app, ["gc", "--dry-run", "--json"]).output)
    assert (told["remote_objects"], told["remote_bytes"], told["examples"]) == (1, 6, [orphan])
    assert json.loads(CliRunner().invoke(app, ["gc", "--grace", "2d", "--json"]).output)["remote_objects"] == 0
    assert json.loads(CliRunner().invoke(app, ["gc", "--json"]).output)["remote_objects"] == 1
    assert place.store.keys() == ()
