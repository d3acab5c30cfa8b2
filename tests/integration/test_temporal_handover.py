"""A worker that is asked to stop hands its work over: real songs, processes and signals."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from builders.temporal import ephemeral_server
from sealed import AS_A_SETTING, SEALED
from tasks import song_task
from temporalio.client import Client

from aurax.adapters.temporal.client import song_result, start_song
from aurax.adapters.temporal.worker import build_worker, worker_activities
from aurax.services.context import WorkerContext
from aurax.services.song import Song
from aurax.services.task import SongTask
from aurax.settings import Settings
from aurax.wiring import build_context

AT_MOST_LOST = 1
"""The worker renders two tracks when it is told to leave. A third that Temporal gives it just then may be lost."""
pytestmark = pytest.mark.integration

WORKER = """
import asyncio, sys
from pathlib import Path
from typing import get_args
from aurax.adapters.temporal.worker import run_worker
from aurax.settings import Settings
from aurax.wiring import build_context

async def work():
    settings = Settings.load(data_dir=Path(sys.argv[1]), task_queue="handed-over", render_workers=1, render_slots=2)
    async with build_context(settings) as context:
        await run_worker(context)

if __name__ == "__main__":
    asyncio.run(work())
"""


async def test_a_song_in_mid_render_goes_on_at_once_elsewhere_and_is_the_same_to_the_bit(tmp_path: Path) -> None:
    settings = Settings.load(data_dir=tmp_path / "data", task_queue="handed-over", render_workers=1)
    async with ephemeral_server(SEALED) as client, build_context(settings) as context:
        leaving = await _leaving_worker(client, settings, tmp_path)
        try:
            song = await _handed_over(client, context, leaving)
        finally:
            leaving.kill()
            leaving.wait()
        timed_out = await _timeouts(client, song.song_id)
        for clip in settings.clips_dir.rglob("*.clip"):
            clip.unlink()
        async with build_worker(client, settings, worker_activities(context)):
            undisturbed = await song_result(await start_song(client, _task(), settings))
    assert len(timed_out) <= AT_MOST_LOST
    assert _hashes(song) == _hashes(undisturbed)


async def _leaving_worker(client: Client, settings: Settings, folder: Path) -> subprocess.Popen[bytes]:
    program = folder / "worker.py"
    program.write_text(WORKER)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_")}
    environment |= {
        "AURAX_PAYLOAD_KEY": AS_A_SETTING,
        "TEMPORAL_ADDRESS": client.service_client.config.target_host,
        "AURAX_SHUTDOWN_GRACE_S": "0.1",
    }
    return subprocess.Popen([sys.executable, program, settings.data_dir], env=environment)


async def _handed_over(client: Client, context: WorkerContext, leaving: subprocess.Popen[bytes]) -> Song:
    wanted = _task()
    handle = await start_song(client, wanted, context.settings)
    await context.songs.create_song(wanted.song_id, wanted.request.prompt, wanted.request.seed)
    async with asyncio.timeout(90):
        async for event in context.events.follow(wanted.song_id):
            if event.kind == "render.progress":
                break
    async with build_worker(client, context.settings, worker_activities(context)):
        leaving.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(leaving.wait, 60) in (0, -signal.SIGABRT)
        return await song_result(handle)


def _task() -> SongTask:
    return song_task("synthwave, 15 seconds", seed=4, takes=1, candidates=1)


async def _timeouts(client: Client, song_id: str) -> list[str]:
    """Steps that were begun again because of a time limit."""
    found = []
    async for run in client.list_workflows():
        if not run.id.startswith(f"song-{song_id}"):
            continue
        history = await client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        found += [
            run.id
            for event in history.events
            if event.activity_task_started_event_attributes.last_failure.HasField("timeout_failure_info")
        ]
    return found


def _hashes(song: Song) -> dict[str, str]:
    return {file.path: file.object.sha256 for file in song.files if file.path.endswith(".flac")}
