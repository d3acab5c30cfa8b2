"""Whole songs through the real activities, on a real Temporal server with real stores."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sealed import AS_A_SETTING
from tasks import song_task
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from aurax.adapters.local.backup import back_up, restore
from aurax.adapters.local.collect import collect
from aurax.adapters.local.output import OutputFolder
from aurax.adapters.sql.database import Database
from aurax.adapters.sql.owned import OwnedSongs
from aurax.adapters.temporal.arrangement import ArrangementActivities
from aurax.adapters.temporal.client import cancel_song, song_result, start_song
from aurax.adapters.temporal.composition import CompositionActivities
from aurax.adapters.temporal.mixing import MixingActivities
from aurax.adapters.temporal.song import SongActivities
from aurax.adapters.temporal.worker import build_worker, worker_activities
from aurax.errors import InvalidPrompt
from aurax.produce.stages import stages_of
from aurax.produce.take import TakeSettings
from aurax.services.compose_candidate import CandidateRequest
from aurax.services.context import WorkerContext
from aurax.services.mix_stems import MixRequest
from aurax.services.render_track import TrackRequest
from aurax.services.song import Song
from aurax.services.task import SongTask
from aurax.settings import Settings
from aurax.wiring import build_context

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.integration]

PROMPT = "lofi beat with electric piano, 80 bpm, 20 seconds"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def context(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WorkerContext]:
    settings = Settings.load(data_dir=tmp_path_factory.mktemp("data"), render_workers=2, task_queue="in-process")
    async with build_context(settings) as context:
        yield context


def request(prompt: str = PROMPT, **options: object) -> SongTask:
    return song_task(prompt, **({"seed": 5, "takes": 1, "candidates": 1} | options))


async def make(client: Client, context: WorkerContext, wanted: SongTask) -> Song:
    async with build_worker(client, context.settings, worker_activities(context)):
        return await song_result(await start_song(client, wanted, context.settings))


async def unreferenced(context: WorkerContext) -> set[str]:
    """Stored objects that no song's assets name."""
    named = {asset.key for song in await context.songs.list_songs() for asset in await context.songs.assets(song.id)}
    return set(context.objects.keys()) - named


def audio_keys(song: Song) -> dict[str, str]:
    return {file.path: file.object.key for file in song.files if file.path.endswith(".flac")}


async def test_a_song_is_delivered_with_every_file_and_tells_its_story(client: Client, context: WorkerContext) -> None:
    wanted = request(formats=("wav",))
    song = await make(client, context, wanted)
    paths = {file.path for file in song.files}
    assert {"master.flac", "mix.flac", "song.mid", "song.dawproject", "report.html", "song.json", "score.json"} <= paths
    assert "master.wav" in paths
    for file in song.files:
        with context.objects.hold(file.object) as path:
            assert path.stat().st_size == file.object.bytes
    project = next(file for file in song.files if file.path == "song.dawproject")
    assert project.object.bytes < 100_000
    stems = {file.object.key for file in song.files if file.path.startswith("stems/")}
    assert {stem.audio.key for stem in project.embeds} == stems
    record = json.loads(next(context.objects.read_bytes(f.object) for f in song.files if f.path == "song.json"))
    assert record["id"] == wanted.song_id
    assert {stem["path"] for stem in record["stems"]} == {path for path in paths if path.startswith("stems/")}
    assert all(seconds > 0 for seconds in record["timings_s"].values())
    kinds = [event.kind async for event in context.events.follow(wanted.song_id)]
    assert [kind for kind in kinds if not kind.endswith(".progress")] == [
        *(f"{stage.name}.{what}" for stage in stages_of("symbolic") for what in ("started", "finished")),
        "song.delivered",
    ]
    assert (await context.songs.get_song(wanted.song_id)).status == "delivered"
    assert await unreferenced(context) == set()


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


async def test_a_song_is_delivered_from_a_restored_backup_as_it_was_to_the_bit(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AURAX_DATABASE_URL", raising=False)
    monkeypatch.delenv("AURAX_OBJECTS_URL", raising=False)
    settings = Settings.load(data_dir=tmp_path / "data", task_queue="backed-up", render_workers=2)
    new = Settings.load(data_dir=tmp_path / "new")
    async with build_context(settings) as context:
        song = await make(client, context, request("ambient loop, 2 bars"))
    await asyncio.to_thread(back_up, settings, tmp_path / "backup")
    restored = await asyncio.to_thread(restore, new, tmp_path / "backup")
    database = Database(new.database_location)
    files = await OwnedSongs(database, None).files(song.song_id)
    await database.close()
    assert (files, restored.missing) == (song, ())
    for place, name in ((settings, "as it was"), (new, "restored")):
        with OutputFolder(tmp_path / name) as output:
            await asyncio.to_thread(collect, place, song.song_id, song.files, output)
    delivered = digests(tmp_path / "restored")
    assert "master.flac" in delivered
    assert delivered == digests(tmp_path / "as it was")


async def test_the_same_request_gives_the_same_audio_to_the_bit(client: Client, context: WorkerContext) -> None:
    first = await make(client, context, request())
    second = await make(client, context, request())
    assert audio_keys(first) == audio_keys(second)
    other = await make(client, context, request(seed=6))
    assert audio_keys(other)["master.flac"] != audio_keys(first)["master.flac"]


async def test_a_prompt_that_cannot_be_read_is_told_to_the_client_and_leaves_nothing(
    client: Client, context: WorkerContext
) -> None:
    wanted = request(" ")
    with pytest.raises(InvalidPrompt):
        await make(client, context, wanted)
    assert (await context.songs.get_song(wanted.song_id)).status == "failed"
    assert await unreferenced(context) == set()


async def test_a_song_called_off_while_mixing_leaves_no_object_behind(client: Client, context: WorkerContext) -> None:
    wanted = request("deep house, 90 seconds", seed=99)
    async with build_worker(client, context.settings, worker_activities(context)):
        handle = await start_song(client, wanted, context.settings)
        async for event in context.events.follow(wanted.song_id):
            if event.kind == "mix.started":
                break
        await asyncio.sleep(0.5)
        start = time.perf_counter()
        await cancel_song(handle)
        elapsed_s = time.perf_counter() - start
    assert (await context.songs.get_song(wanted.song_id)).status == "cancelled"
    assert [event.kind for event in await context.events.events(wanted.song_id)][-2:] == [
        "mix.started",
        "song.cancelled",
    ]
    assert await context.songs.assets(wanted.song_id) == ()
    assert await unreferenced(context) == set()
    assert elapsed_s < 10.0


async def test_a_mix_renders_clips_again_that_the_cache_has_lost(context: WorkerContext) -> None:
    run, mixing = ActivityEnvironment().run, MixingActivities(context)
    wanted = request()
    analysis = await run(SongActivities(context).analyze, wanted)
    candidate = await run(
        CompositionActivities(context).compose_candidate,
        CandidateRequest(song_id=wanted.song_id, intent=analysis.intent, take_number=1, index=0, seed=3),
    )
    stems = [
        await run(
            ArrangementActivities(context).render_track,
            TrackRequest(song_id=wanted.song_id, take_number=1, score=candidate.score, track=track),
        )
        for track in candidate.tracks
    ]
    mix_request = MixRequest(
        song_id=wanted.song_id,
        intent=analysis.intent,
        take=TakeSettings(number=1, seed=3),
        prompt=wanted.request.prompt,
        seed=3,
        score=candidate.score,
        stems=tuple(stem.stem for stem in stems),
    )
    first = await run(mixing.mix_stems, mix_request)
    for clip in context.settings.clips_dir.rglob("*.clip"):
        clip.unlink()
    second = await run(mixing.mix_stems, mix_request)
    assert (second.mix, second.stems) == (first.mix, first.stems)


WORKER = """
import asyncio, sys
from pathlib import Path
from typing import get_args
from aurax.adapters.temporal.worker import run_worker
from aurax.settings import Settings
from aurax.wiring import build_context

async def work():
    settings = Settings.load(data_dir=Path(sys.argv[1]), task_queue="killed", render_workers=2)
    async with build_context(settings) as context:
        await run_worker(context)

if __name__ == "__main__":
    asyncio.run(work())
"""


async def test_a_song_survives_the_death_of_its_worker(client: Client, context: WorkerContext, tmp_path: Path) -> None:
    program = tmp_path / "worker.py"
    program.write_text(WORKER)
    settings = context.settings.model_copy(update={"task_queue": "killed"})
    address = client.service_client.config.target_host
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_")}
    environment |= {"AURAX_PAYLOAD_KEY": AS_A_SETTING, "TEMPORAL_ADDRESS": address}

    def start_worker() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, program, context.settings.data_dir], env=environment)

    wanted = request("synthwave, 30 seconds", seed=4)
    worker = start_worker()
    try:
        handle = await start_song(client, wanted, settings)
        await context.songs.create_song(wanted.song_id, wanted.request.prompt, wanted.request.seed)
        async with asyncio.timeout(60):
            async for event in context.events.follow(wanted.song_id):
                if event.kind == "render.progress":
                    break
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker = start_worker()
        song = await asyncio.wait_for(song_result(handle), 120)
    finally:
        worker.terminate()
        assert worker.wait(30) is not None
    assert {"master.flac", "song.json"} <= {file.path for file in song.files}
    assert await unreferenced(context) == set()
    events = [(event.kind, json.dumps(event.data)) for event in await context.events.events(wanted.song_id)]
    assert len(events) == len(set(events)), "a repeated activity tells nothing twice"
