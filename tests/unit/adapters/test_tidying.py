"""Forgetting songs: what goes, what stays, and how much."""

import asyncio
import errno
import json
import os
import sqlite3
import stat
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aurax.adapters.cli.keeping import parse_age
from aurax.adapters.cli.main import app
from aurax.adapters.local.claims import Claims
from aurax.adapters.local.collect import collect
from aurax.adapters.local.data_folder import open_data_folder
from aurax.adapters.local.output import OutputFolder
from aurax.adapters.local.runtime_folder import RuntimeFolder
from aurax.adapters.local.states import SongStates
from aurax.adapters.local.temporal_file import LIMIT_BYTES, bound_temporal_file
from aurax.adapters.local.tidying import keep_bounds, remove_songs, sweep_half_made, tidy
from aurax.adapters.objects.store import ObjectStore
from aurax.adapters.sql.database import Database
from aurax.adapters.sql.ledger import Ledger
from aurax.adapters.sql.migrate import migrate
from aurax.adapters.sql.songs import Asset, Songs
from aurax.audio.reference import ObjectRef
from aurax.errors import InvalidOption, StorageFull
from aurax.services.song import Deliverable
from aurax.settings import Settings

with_own_file = pytest.mark.parametrize("database_kind", ["sqlite"])
"""For what is only done where the store and the database belong to one data folder."""


@pytest.fixture
def settings(
    request: pytest.FixtureRequest, database_kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    if database_kind == "postgresql":
        monkeypatch.setenv("AURAX_DATABASE_URL", request.getfixturevalue("database_address"))
    monkeypatch.setenv("AURAX_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("TEMPORAL_ADDRESS", raising=False)
    found = Settings.load()
    open_data_folder(found)
    return found


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    database = Database(settings.database_location)
    await migrate(database)
    yield database
    await database.close()


async def add_song(settings: Settings, songs: Songs, name: str, *contents: str, status: str = "delivered") -> None:
    objects = ObjectStore(settings.objects_location, settings.cache_dir)
    await songs.create_song(name, "a prompt", 1, request={"song_id": name, "prompt": "a prompt", "seed": 1})
    for content in contents:
        ref = objects.put_bytes(content.encode())
        await songs.save_assets(name, [Asset.of(content, ref, delivered=True)])
    if status == "delivered":
        await songs.set_song_status(name, "delivered", result={"song_id": name})
        await songs.note_collected(name, "/somewhere")


def stored(settings: Settings) -> set[str]:
    """Contents of the stored objects."""
    return {path.read_text() for path in (settings.data_dir / "objects").rglob("*") if path.is_file()}


async def ids(songs: Songs) -> list[str]:
    return [song.id for song in await songs.list_songs()]


async def test_a_removed_song_takes_its_own_objects_along_and_leaves_shared_ones(
    settings: Settings, database: Database
) -> None:
    songs = Songs(database)
    await add_song(settings, songs, "a", "only a", "shared")
    await add_song(settings, songs, "b", "only b", "shared")
    await remove_songs(settings, songs, ["a"])
    assert await ids(songs) == ["b"]
    assert stored(settings) == {"only b", "shared"}


@with_own_file
async def test_gc_keeps_the_newest_and_deletes_what_no_song_needs(settings: Settings, database: Database) -> None:
    songs = Songs(database)
    for name in ("a", "b", "c"):
        await add_song(settings, songs, name, f"of {name}")
        await asyncio.sleep(0.01)
    for orphan in ("audio/orphan.flac", "songs/gone/report.html", ".staging/half.flac"):
        path = settings.data_dir / "objects" / orphan
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("orphan")
    settings.staging_dir.mkdir()
    (settings.staging_dir / "half").write_text("half")
    looked = await tidy(settings, database, keep=2, dry_run=True)
    assert stored(settings) == {"of a", "of b", "of c", "orphan"}
    done = await tidy(settings, database, keep=2)
    assert done == looked
    assert done.songs == ("a",)
    assert done.files == 4
    assert stored(settings) == {"of b", "of c"}
    assert list(settings.staging_dir.rglob("*")) == []
    assert (await tidy(settings, database)).freed_bytes == 0


@with_own_file
async def test_while_servers_run_young_files_are_left_alone(settings: Settings, database: Database) -> None:
    young, old = (settings.data_dir / "objects" / "audio" / name for name in ("young.flac", "old.flac"))
    young.parent.mkdir(parents=True)
    young.write_text("young")
    old.write_text("old")
    os.utime(old, (time.time() - 7200, time.time() - 7200))
    with RuntimeFolder(settings.run_dir).supervising():
        await tidy(settings, database)
    assert stored(settings) == {"young"}


async def test_a_store_that_others_may_share_is_not_searched_for_orphans(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    shared = settings.model_copy(update={"objects_url": str(tmp_path / "shared")})
    (tmp_path / "shared" / "audio").mkdir(parents=True)
    (tmp_path / "shared" / "audio" / "theirs.flac").write_text("theirs")
    with pytest.raises(InvalidOption, match="gc --claim"):
        await tidy(shared, database)
    assert (tmp_path / "shared" / "audio" / "theirs.flac").is_file()


async def test_gc_never_touches_a_song_in_the_making(settings: Settings, database: Database) -> None:
    songs = Songs(database)
    await add_song(settings, songs, "a", "of a", status="making")
    with Claims(settings.claims_dir).hold("a"):
        await tidy(settings, database, keep=0, older_than=timedelta(0))
    assert await ids(songs) == ["a"]
    assert stored(settings) == {"of a"}


async def test_the_bounds_of_the_settings_hold_by_themselves(settings: Settings, database: Database) -> None:
    songs = Songs(database)
    bounded = settings.model_copy(update={"keep_songs": 3, "keep_bytes": 25})
    for number in range(5):
        await add_song(settings, songs, f"s{number}", f"content {number}")  # 9 bytes each
        await asyncio.sleep(0.01)
        await keep_bounds(bounded, database)
    assert await ids(songs) == ["s4", "s3", "s2"]
    assert stored(settings) == {"content 3", "content 4"}
    assert await songs.result("s2") is None


async def test_forgetting_a_song_keeps_what_it_cost(settings: Settings, database: Database) -> None:
    songs = Songs(database)
    await add_song(settings, songs, "a")
    ledger = Ledger(database)
    await ledger.settle(await ledger.reserve("a", "generation", "musicgen", 0.5, key="call"), None, 0.25)
    await songs.delete_song("a")
    assert [(line.song_id, line.usd) for line in await ledger.lines()] == [(None, 0.25)]


@with_own_file
@pytest.mark.parametrize("unfinished", [True, False])
def test_a_large_temporal_file_goes_only_when_no_song_is_unfinished(settings: Settings, unfinished: bool) -> None:
    with sqlite3.connect(settings.data_dir / "aurax.db") as connection:
        connection.execute("CREATE TABLE songs (status TEXT)")
        connection.execute("INSERT INTO songs VALUES (?)", ("making" if unfinished else "delivered",))
    settings.temporal_database.write_bytes(b"")
    os.truncate(settings.temporal_database, LIMIT_BYTES)
    assert bound_temporal_file(settings) == 0
    os.truncate(settings.temporal_database, LIMIT_BYTES + 1)
    assert bound_temporal_file(settings) == (0 if unfinished else LIMIT_BYTES + 1)
    assert settings.temporal_database.exists() is unfinished


def test_rm_refuses_songs_in_the_making_and_unknown_ones(settings: Settings) -> None:
    async def prepare() -> None:
        database = Database(settings.database_location)
        await migrate(database)
        await add_song(settings, Songs(database), "abc", status="making")
        await add_song(settings, Songs(database), "def")
        await database.close()

    asyncio.run(prepare())
    for arguments in (["abc"], ["def", "abc"], ["xyz"], ["def", ""]):
        refused = CliRunner().invoke(app, ["rm", *arguments, "--json"])
        assert refused.exit_code == 1
        assert json.loads(refused.output)["error"]["kind"] == "InvalidOption"
    done = CliRunner().invoke(app, ["rm", "de", "def", "--json"])
    assert json.loads(done.output) == {"songs": ["def"]}
    listed = json.loads(CliRunner().invoke(app, ["songs", "--json"]).output)
    assert [(song["id"], song["state"]) for song in listed] == [("abc", "abandoned")]


async def test_a_disk_that_fills_up_at_the_end_leaves_the_song_to_be_fetched(
    settings: Settings, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = ObjectStore(settings.objects_location, settings.cache_dir).put_bytes(b"{}")
    await Songs(database).create_song("song12345678", "a prompt", 1)
    await Songs(database).set_song_status("song12345678", "delivered", title="A title", result={"song_id": "x"})

    def fill_up(store: ObjectStore, ref: ObjectRef, target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(ObjectStore, "copy_to", fill_up)
    with OutputFolder(tmp_path / "out" / "song") as output, pytest.raises(StorageFull) as caught:
        collect(settings, "song12345678", [Deliverable(path="song.json", object=ref)], output)
    assert "aurax resume song1234 --out DIR" in caught.value.fix
    assert not (tmp_path / "out").exists()
    assert SongStates(settings).of(await Songs(database).get_song("song1234")) == "finished"
    assert stored(settings) == {"{}"}


@pytest.mark.parametrize("text", ["", "30", "d", "-1d", "1.5d", "30 days", "9999999d", "1d\n2d"])
def test_ages_that_are_none_are_refused(settings: Settings, text: str) -> None:
    refused = CliRunner().invoke(app, ["gc", f"--older-than={text}", "--json"])
    assert refused.exit_code == 1
    assert "30d" in json.loads(refused.output)["error"]["expected"]


def test_ages_are_read() -> None:
    assert (parse_age("30d"), parse_age("12H"), parse_age("2 w")) == (
        timedelta(days=30),
        timedelta(hours=12),
        timedelta(weeks=2),
    )


def test_a_data_folder_that_others_could_read_is_closed_with_everything_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "objects" / "audio").mkdir(parents=True)
    (folder / "aurax.db").write_text("")
    (folder / "objects" / "audio" / "a.flac").write_text("")
    (tmp_path / "outside").write_text("")
    (folder / "link").symlink_to(tmp_path / "outside")
    for path in (folder, *folder.rglob("*"), tmp_path / "outside"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    open_data_folder(Settings(data_dir=folder))
    modes = {stat.S_IMODE(path.lstat().st_mode) for path in (folder, *folder.rglob("*")) if not path.is_symlink()}
    assert modes == {0o700, 0o600}
    assert stat.S_IMODE((tmp_path / "outside").stat().st_mode) == 0o644


@pytest.mark.parametrize("folder", ["/", "/tmp", "/var/tmp", "~"])
def test_folders_that_hold_other_things_are_no_data_folders(folder: str) -> None:
    with pytest.raises(InvalidOption, match="of AURA-X's own"):
        open_data_folder(Settings(data_dir=Path(folder)))


def test_the_first_worker_removes_what_dead_ones_left_half_made(settings: Settings) -> None:
    objects, staging = settings.data_dir / "objects", settings.staging_dir
    for half in (objects / ".staging" / ".a.flac", staging / "folder" / "master.flac", staging / "scratch"):
        half.parent.mkdir(parents=True, exist_ok=True)
        half.write_bytes(b"half")
    whole = objects / "audio" / "b.flac"
    whole.parent.mkdir()
    whole.write_bytes(b"whole")
    run = RuntimeFolder(settings.run_dir)
    with run.working(lambda: sweep_half_made(settings)):
        assert not any(staging.iterdir())
        assert not any((objects / ".staging").iterdir())
        assert whole.read_bytes() == b"whole"
        (staging / "in work").write_bytes(b"half")
        with run.working(lambda: sweep_half_made(settings)):
            assert (staging / "in work").exists()


def test_the_staging_of_a_store_that_others_share_is_left_alone(settings: Settings, tmp_path: Path) -> None:
    shared = settings.model_copy(update={"objects_url": str(tmp_path / "shared")})
    half = settings.data_dir / "objects" / ".staging" / "a.flac"
    half.parent.mkdir(parents=True, exist_ok=True)
    half.write_bytes(b"half")
    sweep_half_made(shared)
    assert half.exists()
