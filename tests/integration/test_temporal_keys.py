"""Keys that change while songs are made, and Temporal's own command behind a codec server."""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from sealed import AS_A_SETTING, KEYS
from tasks import song_task
from temporal_fakes import TRACKS, FakeActivities
from temporalio.client import Client, WorkflowHandle

from aurax.adapters.temporal.client import get_song_handle, song_result, start_song
from aurax.adapters.temporal.codec_server import CodecOptions, serve_codec
from aurax.adapters.temporal.converter import data_converter
from aurax.adapters.temporal.keys import PayloadKey, PayloadKeys, parse_keys
from aurax.adapters.temporal.worker import build_worker
from aurax.errors import UntrustedPayload
from aurax.services.song import Song
from aurax.settings import Settings

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.integration]

OLD = KEYS.keys[0]
NEW = PayloadKey("new", bytes([7]) * 32)


def holding(client: Client, *keys: PayloadKey) -> Client:
    """The same client with other keys; the first seals."""
    return Client(**{**client.config(), "data_converter": data_converter(PayloadKeys(keys))})


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load(data_dir=tmp_path, task_queue=f"test-{uuid.uuid4().hex}", render_workers=2)


async def begun_with_the_old_key(client: Client, settings: Settings) -> tuple[str, WorkflowHandle[object, Song]]:
    """A song whose worker with the old key stops in the middle."""
    fakes = FakeActivities(render_s=60.0)
    task = song_task()
    stopping = settings.model_copy(update={"shutdown_grace_s": 0.1})
    async with build_worker(holding(client, OLD), stopping, fakes.all()):
        handle = await start_song(holding(client, OLD), task, settings)
        async with asyncio.timeout(20):
            while sum(fakes.calls[f"render {track}"] for track in TRACKS) < len(TRACKS):
                await asyncio.sleep(0.05)
    return task.song_id, handle


async def test_a_song_that_began_with_the_old_key_ends_with_the_new_one(client: Client, settings: Settings) -> None:
    song_id, _ = await begun_with_the_old_key(client, settings)
    both = holding(client, NEW, OLD)
    fakes = FakeActivities()
    async with build_worker(both, settings, fakes.all()):
        song = await song_result(get_song_handle(both, song_id))
    assert song.song_id == song_id
    assert fakes.calls["analyze"] == 0, "what was done before is read, not done again"


async def test_where_the_old_key_was_dropped_too_early_the_song_ends_and_says_so(
    client: Client, settings: Settings
) -> None:
    song_id, _ = await begun_with_the_old_key(client, settings)
    only_new = holding(client, NEW)
    async with build_worker(only_new, settings, FakeActivities().all()):
        with pytest.raises(UntrustedPayload, match="have different keys"):
            await song_result(get_song_handle(only_new, song_id))


async def test_a_client_without_the_new_key_says_so(client: Client, settings: Settings) -> None:
    both = holding(client, NEW, OLD)
    async with build_worker(both, settings, FakeActivities().all()):
        handle = await start_song(both, song_task(), settings)
        song = await song_result(handle)
    with pytest.raises(UntrustedPayload, match="another key"):
        await song_result(get_song_handle(holding(client, OLD), song.song_id))


async def test_temporals_own_command_shows_a_song_through_the_codec_server(client: Client, settings: Settings) -> None:
    async with build_worker(client, settings, FakeActivities().all()):
        handle = await start_song(client, song_task("lofi for a rainy night"), settings)
        await song_result(handle)
    async with serve_codec(PayloadKeys(parse_keys(AS_A_SETTING)), CodecOptions(port=0)) as port:
        program = [str(Path(sys.executable).parent / "temporal"), "workflow", "show", "--workflow-id", handle.id]
        address = ["--address", client.service_client.config.target_host, "--output", "json"]
        shown = await asyncio.to_thread(
            subprocess.run,
            [*program, *address, "--codec-endpoint", f"http://127.0.0.1:{port}"],
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert shown.returncode == 0, shown.stderr
    [asked] = json.loads(shown.stdout)["events"][0]["workflowExecutionStartedEventAttributes"]["input"]["payloads"]
    assert json.loads(base64.b64decode(asked["data"]))["request"]["prompt"] == "lofi for a rainy night"
    assert base64.b64encode(b"binary/aurax-sealed").decode() not in shown.stdout
