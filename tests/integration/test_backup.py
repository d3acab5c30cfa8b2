"""Backups: written while the database is in use, restored into an empty place, whole or with what is missing named."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from builders.databases import Databases
from builders.people import SHARED, Place
from builders.postgres_server import binaries
from builders.s3_server import S3Server, s3_server

from aurax.adapters.local.backup import back_up, restore
from aurax.adapters.local.runtime_folder import RuntimeFolder
from aurax.adapters.objects.store import ObjectStore
from aurax.adapters.sql.database import Database
from aurax.adapters.sql.migrate import migrate
from aurax.adapters.sql.owned import Library
from aurax.adapters.sql.songs import Songs
from aurax.errors import CorruptData, InvalidOption, UnwritableOutput
from aurax.settings import Settings


@pytest.fixture(autouse=True)
def embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AURAX_DATABASE_URL", "AURAX_OBJECTS_URL"):
        monkeypatch.delenv(name, raising=False)


def settings_of(folder: Path) -> Settings:
    return Settings.load(data_dir=folder)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """An embedded installation, whose database is open all the while."""
    settings = settings_of(tmp_path / "data")
    database = Database(settings.database_location)
    await migrate(database)
    yield Place(database, ObjectStore(settings.objects_location, settings.cache_dir), tmp_path)
    await database.close()


async def files_of(settings: Settings, song_id: str) -> dict[str, bytes]:
    """The files of a song, as an installation has them."""
    database = Database(settings.database_location)
    store = ObjectStore(settings.objects_location, settings.cache_dir)
    song = await Library(database, None).songs.files(song_id)
    await database.close()
    return {file.path: store.get_path(file.object).read_bytes() for file in song.files} if song else {}


async def test_a_backup_made_while_the_database_is_open_holds_the_newest_song(place: Place) -> None:
    song_id = await place.song(None, "night drive")
    back_up(settings_of(place.folder / "data"), place.folder / "backup")
    restored = restore(settings_of(place.folder / "new"), place.folder / "backup")
    assert (restored.songs, restored.missing) == (1, ())
    assert await files_of(settings_of(place.folder / "new"), song_id) == {
        "report.html": b"<p>night drive</p>",
        "score.json": b'"night drive"',
        "shared.json": SHARED,
    }


async def test_the_database_in_a_backup_is_one_file_that_needs_no_other(place: Place) -> None:
    await place.song(None, "night drive")
    back_up(settings_of(place.folder / "data"), place.folder / "backup")
    names = sorted(path.name for path in (place.folder / "backup").iterdir())
    assert names == ["aurax.db", "backup.json", "objects"]


async def test_a_backup_names_what_is_damaged_and_holds_the_rest(place: Place) -> None:
    song_id = await place.song(None, "night drive")
    (place.folder / "data" / "objects" / "songs" / song_id / "report.html").write_text("damaged")
    made = back_up(settings_of(place.folder / "data"), place.folder / "backup")
    assert (made.missing, made.objects) == ((f"songs/{song_id}/report.html",), 2)
    assert restore(settings_of(place.folder / "new"), place.folder / "backup").missing == made.missing


async def test_objects_that_no_song_needs_are_not_backed_up(place: Place) -> None:
    await place.song(None, "night drive")
    orphan = place.store.put_bytes(b'"nobody\'s"')
    back_up(settings_of(place.folder / "data"), place.folder / "backup")
    assert not (place.folder / "backup" / "objects" / orphan.key).exists()


async def test_a_song_that_is_removed_during_the_backup_is_missing_nowhere(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    stays, goes = await place.song(None, "stays"), await place.song(None, "goes")
    settings = settings_of(place.folder / "data")
    real, calls = ObjectStore.copy_to, []

    def copy_to(self: ObjectStore, *arguments: Path) -> None:
        if not calls:
            with sqlite3.connect(settings.data_dir / "aurax.db") as connection:
                for table in ("events", "takes", "assets"):
                    connection.execute(f"DELETE FROM {table} WHERE song_id = ?", (goes,))
                connection.execute("UPDATE ledger SET song_id = NULL WHERE song_id = ?", (goes,))
                connection.execute("DELETE FROM songs WHERE id = ?", (goes,))
            shutil.rmtree(settings.data_dir / "objects" / "songs" / goes)
        calls.append(arguments)
        real(self, *arguments)

    monkeypatch.setattr(ObjectStore, "copy_to", copy_to)
    made = back_up(settings, place.folder / "backup")
    assert (made.songs, made.missing) == (1, ())
    assert len(await files_of(settings, stays)) == 3
    assert not list((place.folder / "backup").rglob(f"*{goes}*/*"))


async def test_songs_in_the_making_are_restored_as_what_was_asked(place: Place) -> None:
    await Songs(place.database).create_song("a" * 32, "lofi", 1, request={"prompt": "lofi"})
    back_up(settings_of(place.folder / "data"), place.folder / "backup")
    assert restore(settings_of(place.folder / "new"), place.folder / "backup").unfinished == ("a" * 32,)


async def test_a_backup_does_not_write_into_a_folder_that_holds_something(place: Place) -> None:
    with pytest.raises(UnwritableOutput):
        back_up(settings_of(place.folder / "data"), place.folder)


async def test_a_backup_that_fails_leaves_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    await place.song(None, "night drive")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ObjectStore, "copy_to", fail)
    before = sorted(path.name for path in place.folder.iterdir())
    with pytest.raises(Exception, match="room in"):
        back_up(settings_of(place.folder / "data"), place.folder / "backup")
    assert sorted(path.name for path in place.folder.iterdir()) == before


async def test_a_restored_folder_is_not_restored_over(place: Place) -> None:
    back_up(settings_of(place.folder / "data"), place.folder / "backup")
    with pytest.raises(InvalidOption, match="without a database"):
        restore(settings_of(place.folder / "data"), place.folder / "backup")


async def test_nothing_is_restored_under_running_servers(place: Place) -> None:
    back_up(settings_of(place.folder / "data"), place.folder / "backup")
    new = settings_of(place.folder / "new")
    with RuntimeFolder(new.run_dir).supervising() as alone:
        assert alone
        with pytest.raises(InvalidOption, match="nothing runs"):
            restore(new, place.folder / "backup")


async def test_a_restore_that_was_interrupted_is_completed_by_the_next(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    song_id = await place.song(None, "night drive")
    back_up(settings_of(place.folder / "data"), place.folder / "backup")
    new = settings_of(place.folder / "new")
    with monkeypatch.context() as patched:
        patched.setattr("aurax.adapters.local.backup._put_database", lambda *_: (_ for _ in ()).throw(OSError(5, "x")))
        with pytest.raises(InvalidOption):
            restore(new, place.folder / "backup")
    assert not (new.data_dir / "aurax.db").exists()
    restore(new, place.folder / "backup")
    assert len(await files_of(new, song_id)) == 3


@pytest.mark.parametrize("change", ["content", "gone", "newer", "no backup"])
async def test_a_backup_that_cannot_be_trusted_is_refused_and_restores_nothing(place: Place, change: str) -> None:
    folder = place.folder / "backup"
    back_up(settings_of(place.folder / "data"), folder)
    manifest = json.loads((folder / "backup.json").read_text())
    if change == "content":
        (folder / "aurax.db").write_bytes(b"other content")
    elif change == "gone":
        (folder / "aurax.db").unlink()
    elif change == "newer":
        (folder / "backup.json").write_text(json.dumps(manifest | {"schema_revision": "9999"}))
    else:
        (folder / "backup.json").unlink()
    with pytest.raises(InvalidOption if change == "no backup" else CorruptData):
        restore(settings_of(place.folder / "new"), folder)
    assert not (place.folder / "new" / "aurax.db").exists()


def test_databases_and_buckets_elsewhere_are_backed_up_by_their_own_tools(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURAX_OBJECTS_URL", "s3://bucket")
    with pytest.raises(InvalidOption, match=r"docs/backup\.md"):
        back_up(settings_of(tmp_path / "data"), tmp_path / "backup")


def run_tool(*command: str, **environment: str) -> None:
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def rclone_environment(server: S3Server) -> dict[str, str]:
    return {
        "RCLONE_CONFIG_STORE_TYPE": "s3",
        "RCLONE_CONFIG_STORE_PROVIDER": "Rclone",
        "RCLONE_CONFIG_STORE_ENDPOINT": server.endpoint,
        "RCLONE_CONFIG_STORE_ACCESS_KEY_ID": server.access_key,
        "RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY": server.secret_key,
    }


def test_a_database_server_and_a_bucket_are_restored_by_the_documented_commands(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rclone = str(Path(sys.executable).parent / "rclone")
    live, empty = databases.migrated("postgresql"), databases.empty("postgresql")

    def plain(address: str) -> str:
        return urlunsplit(urlsplit(address)._replace(scheme="postgresql"))

    async def make() -> str:
        database = Database(live)
        song_id = await Place(database, ObjectStore("s3://bucket", tmp_path / "c1"), tmp_path).song(None, "night drive")
        await database.close()
        return song_id

    async def had(song_id: str) -> dict[str, bytes]:
        database, store = Database(empty), ObjectStore("s3://bucket", tmp_path / "c2")
        assert await migrate(database) is False
        song = await Library(database, None).songs.files(song_id)
        await database.close()
        assert song is not None
        return {file.path: store.get_path(file.object).read_bytes() for file in song.files}

    with s3_server(tmp_path / "first") as first:
        for name, value in first.environment().items():
            monkeypatch.setenv(name, value)
        song_id = asyncio.run(make())
        run_tool(str(binaries() / "pg_dump"), "--format=custom", f"--file={tmp_path / 'aurax.dump'}", plain(live))
        run_tool(rclone, "copy", "--checksum", "store:bucket", str(tmp_path / "objects"), **rclone_environment(first))
    with s3_server(tmp_path / "second") as second:
        for name, value in second.environment().items():
            monkeypatch.setenv(name, value)
        run_tool(rclone, "copy", "--checksum", str(tmp_path / "objects"), "store:bucket", **rclone_environment(second))
        restoring = ("--no-owner", "--single-transaction", "--exit-on-error", f"--dbname={plain(empty)}")
        run_tool(str(binaries() / "pg_restore"), *restoring, str(tmp_path / "aurax.dump"))
        assert asyncio.run(had(song_id)) == {
            "report.html": b"<p>night drive</p>",
            "score.json": b'"night drive"',
            "shared.json": SHARED,
        }
    for address in (live, empty):
        databases.drop(address)
