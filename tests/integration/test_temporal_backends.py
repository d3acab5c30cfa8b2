"""The same song on both pairs of backends: SQLite with a folder, PostgreSQL with S3."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from builders.databases import Databases
from builders.temporal import ephemeral_server
from sealed import SEALED
from tasks import song_task
from temporalio.client import Client

from aurax.adapters.objects.garbage import collect_garbage
from aurax.adapters.objects.store import ObjectStore
from aurax.adapters.sql.songs import Songs
from aurax.adapters.temporal.client import song_result, start_song
from aurax.adapters.temporal.worker import build_worker, worker_activities
from aurax.services.discard import delete_assets
from aurax.services.song import Song
from aurax.settings import Settings
from aurax.wiring import build_context

pytestmark = pytest.mark.integration


@pytest.fixture
async def server() -> AsyncIterator[Client]:
    """A client of a Temporal server of this test's own."""
    async with ephemeral_server(SEALED) as connected:
        yield connected


async def made(server: Client, settings: Settings) -> Song:
    task = song_task("lofi beat, 80 bpm, 10 seconds", seed=5, takes=1, candidates=1)
    async with build_context(settings) as context:
        async with build_worker(server, context.settings, worker_activities(context)):
            song = await song_result(await start_song(server, task, context.settings))
        rows = await context.songs.assets(song.song_id)
        stored = set(context.objects.keys())
        assert stored == {row.key for row in rows}, "every object has a row, and every row an object"
        if settings.objects_url is not None:
            store = ObjectStore(settings.objects_url, settings.cache_dir)
            needed = Songs(context.songs._database).needed
            assert (await collect_garbage(store, needed, grace=timedelta(0))).objects == 0
            await delete_assets(context, song.song_id)
            assert context.objects.keys() == ()
        return song


async def test_a_song_on_postgresql_and_s3_is_the_song_on_sqlite_and_a_folder(
    server: Client, databases: Databases, s3_url: str, tmp_path: Path
) -> None:
    address = databases.migrated("postgresql")
    embedded = Settings.load(data_dir=tmp_path / "embedded", render_workers=2, task_queue="embedded")
    production = Settings.load(
        data_dir=tmp_path / "production",
        render_workers=2,
        task_queue="production",
        database_url=address.replace("postgresql+asyncpg", "postgresql"),
        objects_url=s3_url,
    )
    one, other = await made(server, embedded), await made(server, production)
    databases.drop(address)
    audio = [
        {file.path: file.object.key for file in song.files if file.path.endswith(".flac")} for song in (one, other)
    ]
    assert audio[0] == audio[1]
    assert len(audio[0]) > 5
