"""What an open session holds back: its songs, their layers, and the Temporal server's file."""

import asyncio
import json
import os
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from aurax.adapters.cli.main import app
from aurax.adapters.local import abandoned
from aurax.adapters.local.claims import Claims
from aurax.adapters.local.data_folder import open_data_folder
from aurax.adapters.local.states import SongStates
from aurax.adapters.local.temporal_file import LIMIT_BYTES, bound_temporal_file
from aurax.adapters.local.tidying import keep_bounds, tidy
from aurax.adapters.sql.database import Database
from aurax.adapters.sql.migrate import migrate
from aurax.adapters.sql.sessions import LEFT_OPEN_FOR, Sessions
from aurax.adapters.sql.songs import Asset, Songs
from aurax.audio.reference import ObjectRef
from aurax.services.ports import Lineage
from aurax.services.session import KeepRequest
from aurax.settings import Settings

SESSION = "5e5510000000000000000000000000ab"
NOW = datetime.now(UTC)


@pytest.fixture
def settings(
    request: pytest.FixtureRequest, database_kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    if database_kind == "postgresql":
        monkeypatch.setenv("AURAX_DATABASE_URL", request.getfixturevalue("database_address"))
    monkeypatch.setenv("AURAX_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("TEMPORAL_ADDRESS", "AURAX_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    found = Settings.load()
    open_data_folder(found)
    return found


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    database = Database(settings.database_location)
    await migrate(database)
    yield database
    await database.close()


async def keep_session(database: Database, *, closed: bool = False) -> None:
    await Sessions(database).keep(
        KeepRequest(session_id=SESSION, title="lofi", opened_at=NOW, closed_at=NOW if closed else None)
    )


async def add_version(database: Database, song_id: str, name: str, status: Any = "delivered") -> None:
    songs = Songs(database)
    lineage = Lineage(session_id=SESSION, version=name, parent_id="aaaa" if name != "v1" else None, note="slower")
    await songs.create_song(song_id, "lofi", 1, lineage=lineage)
    layers = ObjectRef(key=f"documents/{song_id}.json", sha256="0" * 64, bytes=100)
    await songs.save_assets(song_id, [Asset.of("layers", layers)])
    await songs.set_song_status(song_id, status)


async def left_alone(database: Database, settings: Settings) -> None:
    """Let thirty days pass."""
    with sqlite3.connect(settings.data_dir / "aurax.db") as connection:
        long_ago = (NOW - LEFT_OPEN_FOR - timedelta(minutes=1)).strftime("%Y-%m-%d %H:%M:%S.%f")
        connection.execute("UPDATE sessions SET updated_at = ?", (long_ago,))


def large_file(settings: Settings) -> None:
    settings.temporal_database.write_bytes(b"")
    os.truncate(settings.temporal_database, LIMIT_BYTES + 1)


async def test_versions_of_an_open_session_keep_their_layers_and_places(settings: Settings, database: Database) -> None:
    await keep_session(database)
    await add_version(database, "aaaa", "v1")
    await add_version(database, "bbbb", "v2")
    bounded = settings.model_copy(update={"keep_songs": 1, "keep_bytes": 1})
    await keep_bounds(bounded, database)
    await tidy(bounded, database, keep=0, older_than=timedelta(0))
    for song_id in ("aaaa", "bbbb"):
        assert [asset.name for asset in await Songs(database).assets(song_id)] == ["layers"]


@pytest.mark.parametrize("how", ["closed", "left alone for a month"])
async def test_versions_of_a_session_that_is_over_may_go(settings: Settings, database: Database, how: str) -> None:
    await keep_session(database, closed=how == "closed")
    await add_version(database, "aaaa", "v1")
    if how != "closed":
        await left_alone(database, settings)
    await tidy(settings, database, keep=0)
    assert await Songs(database).list_songs() == ()


async def test_the_temporal_file_stays_while_a_session_is_open(settings: Settings, database: Database) -> None:
    await keep_session(database)
    large_file(settings)
    assert bound_temporal_file(settings) == 0
    await tidy(settings, database)
    assert settings.temporal_database.exists()


async def test_the_temporal_file_may_go_when_a_session_was_left_open_for_a_month(
    settings: Settings, database: Database
) -> None:
    await keep_session(database)
    await left_alone(database, settings)
    large_file(settings)
    assert bound_temporal_file(settings) == LIMIT_BYTES + 1


async def test_a_song_of_an_open_session_is_not_abandoned(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled: list[str] = []

    async def cancel(handle: str, *, wait_s: float) -> None:
        cancelled.append(handle)

    monkeypatch.setattr(abandoned, "get_song_handle", lambda client, song_id: song_id)
    monkeypatch.setattr(abandoned, "cancel_song", cancel)
    await keep_session(database)
    await add_version(database, "aaaa", "v1", "making")
    await Songs(database).create_song("cccc", "house", 1)
    for song_id in ("aaaa", "cccc"):
        (settings.claims_dir / song_id).parent.mkdir(parents=True, exist_ok=True)
        (settings.claims_dir / song_id).touch()
    await abandoned.cancel_abandoned(settings, cast("Any", None), but="")
    assert cancelled == ["cccc"]
    assert Claims(settings.claims_dir).left_behind() == ("aaaa",)


async def test_a_song_of_an_open_session_waits_for_the_servers(settings: Settings, database: Database) -> None:
    await keep_session(database)
    await add_version(database, "aaaa", "v1", "making")
    states = SongStates(settings, await Sessions(database).songs_of_open())
    song = await Songs(database).get_song("aaaa")
    assert states.of(song) == "waiting"
    assert f"aurax session open {SESSION[:8]}" in states.words(song)


def prepared(settings: Settings) -> None:
    async def prepare() -> None:
        database = Database(settings.database_location)
        await migrate(database)
        await keep_session(database)
        await add_version(database, "aaaa", "v1")
        await add_version(database, "bbbb", "v2")
        await Songs(database).rate_song("bbbb", 4, "lovely")
        await database.close()

    asyncio.run(prepare())


def test_rm_refuses_songs_of_an_open_session_and_says_how(settings: Settings) -> None:
    prepared(settings)
    refused = CliRunner().invoke(app, ["rm", "aaaa", "--json"])
    assert refused.exit_code == 1
    assert json.loads(refused.output)["error"]["fix"] == f"close it first: aurax session close {SESSION[:8]}"


def test_lists_show_session_version_note_and_rating(settings: Settings) -> None:
    prepared(settings)
    listed = CliRunner().invoke(app, ["songs"]).output
    assert f"v2 of session {SESSION[:8]}, from aaaa by 'slower', 4 of 5 (lovely)" in " ".join(listed.split())
    shown = json.loads(CliRunner().invoke(app, ["show", "bbbb", "--json"]).output)
    assert (shown["session_id"], shown["version"], shown["parent_id"], shown["rating"]) == (SESSION, "v2", "aaaa", 4)
