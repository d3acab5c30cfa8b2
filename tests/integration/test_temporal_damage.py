"""Songs whose stored objects are damaged while they are made: the same song comes out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from builders.temporal import working
from places import objects_folder, stored_files
from tasks import song_task
from temporal_fakes import FakeActivities, failing
from temporalio.client import Client

from aurax.adapters.local import pipeline
from aurax.adapters.local.output import OutputFolder
from aurax.adapters.objects.store import ObjectStore
from aurax.adapters.temporal.client import song_result, start_song
from aurax.adapters.temporal.worker import build_worker, worker_activities
from aurax.deliver.record import SongRecord
from aurax.errors import DamagedObject
from aurax.services import deliver_song, master_mix
from aurax.services.context import WorkerContext
from aurax.services.song import Deliverable, Song
from aurax.services.task import SongTask
from aurax.settings import Settings
from aurax.wiring import build_context

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.integration]

INTENT, SCORE, BASS = "documents/intent.json", "documents/score-7.json", "documents/stem-bass.json"
MIX, KICK, MASTER = "audio/mix-1-0.flac", "audio/kick-1-0.flac", "audio/master-mix-1-0.flac"


async def make(client: Client, fakes: FakeActivities, tmp_path: Path, repair: str = "") -> Song:
    async with working(client, fakes.all(), tmp_path) as settings:
        return await song_result(await start_song(client, song_task(seed=7, repair=repair), settings))


@pytest.mark.parametrize(
    ("activity", "damaged", "again"),
    [
        ("compose_candidate", {INTENT}, {"analyze": 2, "compose_candidate": 6, "render bass": 1, "mix_stems": 1}),
        ("render bass", {SCORE}, {"analyze": 1, "compose_candidate": 6, "render bass": 2, "mix_stems": 1}),
        ("mix_stems", {BASS}, {"compose_candidate": 3, "render bass": 2, "mix_stems": 2}),
        ("mix_stems", {SCORE, BASS}, {"compose_candidate": 6, "render bass": 2, "mix_stems": 2}),
        ("master_mix", {MIX}, {"render bass": 1, "mix_stems": 2, "master_mix": 2, "discard_attempt": 0}),
        ("judge_take", {KICK}, {"render bass": 1, "mix_stems": 2, "master_mix": 2, "judge_take": 2}),
        ("deliver_song", {MASTER}, {"mix_stems": 1, "master_mix": 2, "deliver_song": 2}),
        ("deliver_song", {KICK, MASTER}, {"render bass": 1, "mix_stems": 2, "master_mix": 2, "deliver_song": 2}),
        ("deliver_song", {INTENT, SCORE, BASS, MIX}, {"analyze": 2, "compose_candidate": 6, "deliver_song": 2}),
    ],
)
async def test_what_is_damaged_is_made_again_and_nothing_before_it(
    client: Client, tmp_path: Path, activity: str, damaged: set[str], again: dict[str, int]
) -> None:
    fakes = FakeActivities(damage={activity: [frozenset(damaged)]})
    song = await make(client, fakes, tmp_path)
    assert (song.take, song.takes) == (1, 1)
    assert {name: fakes.calls[name] for name in again} == again
    assert {request.take.mix.model_dump_json() for request in fakes.mixes} == {
        fakes.mixes[0].take.mix.model_dump_json()
    }
    assert fakes.endings == []


async def test_a_mix_that_a_later_take_masters_anew_is_made_again_when_it_is_damaged(
    client: Client, tmp_path: Path
) -> None:
    fakes = FakeActivities(
        failures=lambda asked: (failing("sub_share", "master"),) if asked.mix_request.take.number == 1 else (),
        damage={"master_mix": [frozenset(), frozenset({MIX})]},
    )
    song = await make(client, fakes, tmp_path)
    assert (song.take, song.takes) == (2, 2)
    assert fakes.calls["compose_candidate"] == 3


@pytest.mark.parametrize("activity", ["mix_stems", "deliver_song"])
async def test_damage_that_comes_again_and_again_ends_the_song(client: Client, tmp_path: Path, activity: str) -> None:
    fakes = FakeActivities(damage={activity: [frozenset({BASS})] * 50})
    with pytest.raises(DamagedObject):
        await make(client, fakes, tmp_path)
    assert fakes.calls[activity] == 4
    assert [ending.error for ending in fakes.endings] == ["DamagedObject"]


async def test_a_repair_that_fails_leaves_the_delivered_song_what_it_has(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(damage={"mix_stems": [frozenset({BASS})] * 50})
    with pytest.raises(DamagedObject):
        await make(client, fakes, tmp_path, repair="again")
    assert fakes.endings == []


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def context(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WorkerContext]:
    settings = Settings.load(data_dir=tmp_path_factory.mktemp("data"), task_queue="damage", render_workers=2)
    async with build_context(settings) as context:
        yield context


async def make_really(client: Client, context: WorkerContext) -> Song:
    request = song_task("lofi hip hop, 82 bpm, 8 seconds", seed=5, takes=1, candidates=1)
    async with build_worker(client, context.settings, worker_activities(context)):
        return await song_result(await start_song(client, request, context.settings))


def damage_everything(context: WorkerContext) -> None:
    """Flip bytes in every stored object and clip, as a bad disk does; nothing in memory helps."""
    for path in stored_files(context.settings):
        content = bytearray(path.read_bytes())
        content[len(content) // 2 :] = bytes(byte ^ 0x5A for byte in content[len(content) // 2 :])
        path.write_bytes(content)
    for clip in context.settings.clips_dir.rglob("*.clip"):
        clip.write_bytes(clip.read_bytes()[:-4] + b"\xff\xff\xff\x7f")
    context._documents._values.clear()
    context.objects._recent._waveforms.clear()


def once(context: WorkerContext, step: Callable[..., Any]) -> Callable[..., Any]:
    """The step, with everything damaged just before it is done for the first time."""
    left = [True]

    def damaging(*arguments: Any) -> Any:
        if left:
            left.clear()
            damage_everything(context)
        return step(*arguments)

    return damaging


@pytest.mark.parametrize("step", ["master_mix", "deliver_song"])
async def test_a_song_is_the_same_to_the_bit_after_everything_stored_was_damaged(
    client: Client, context: WorkerContext, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    whole = audio_keys(await make_really(client, context))
    place, inner = (master_mix, "_master") if step == "master_mix" else (deliver_song, "write_song_files")
    monkeypatch.setattr(place, inner, once(context, getattr(place, inner)))
    song = await make_really(client, context)
    assert audio_keys(song) == whole
    assert context.objects.damaged(file.object for file in song.files) == ()
    assert "objects.damaged" in [event.kind for event in await context.events.events(song.song_id)]


def audio_keys(song: Song) -> dict[str, str]:
    return {file.path: file.object.key for file in song.files if file.path.endswith((".flac", ".json"))} | {
        "song.json": ""
    }


async def test_damage_before_the_files_are_copied_has_the_song_made_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings.load(data_dir=tmp_path / "data")
    objects = ObjectStore(settings.objects_location, settings.cache_dir)
    request = song_task(song_id="a" * 32, seed=7)
    repairs: list[str] = []
    monkeypatch.setattr(SongRecord, "model_validate_json", lambda content: content)

    async def made(again: SongTask) -> Song:
        repairs.append(again.repair)
        song = a_song(objects, tmp_path)
        if len(repairs) == 1:
            flip(settings, song)
        return song

    song = a_song(objects, tmp_path)
    flip(settings, song)
    with OutputFolder(tmp_path / "out") as output:
        await pipeline._collect_whole(settings, song, output, made, request)
    assert (tmp_path / "out" / "report.html").read_bytes() == b"whole"
    assert len(set(repairs)) == len(repairs) == 2
    assert all(repairs)


async def test_files_that_stay_damaged_are_never_delivered(tmp_path: Path) -> None:
    settings = Settings.load(data_dir=tmp_path / "data")
    objects = ObjectStore(settings.objects_location, settings.cache_dir)
    song = a_song(objects, tmp_path)
    flip(settings, song)

    async def made(_again: SongTask) -> Song:
        return song

    with OutputFolder(tmp_path / "out") as output, pytest.raises(DamagedObject, match=r"report\.html"):
        await pipeline._collect_whole(settings, song, output, made, song_task(song_id="a" * 32, seed=7))
    assert not (tmp_path / "out").exists()


def a_song(objects: ObjectStore, tmp_path: Path) -> Song:
    (tmp_path / "report").write_bytes(b"whole")
    stored = objects.put_at(f"songs/{'a' * 32}/report.html", tmp_path / "report")
    return Song(
        song_id="a" * 32,
        title="Rain",
        style="lofi",
        duration_s=8.0,
        passed=True,
        points=100.0,
        take=1,
        takes=1,
        files=(
            Deliverable(path="report.html", object=stored),
            Deliverable(path="song.json", object=objects.put_bytes(b"{}")),
        ),
        timings_s={"total": 1.0},
    )


def flip(settings: Settings, song: Song) -> None:
    (objects_folder(settings) / song.files[0].object.key).write_bytes(b"WHOLE")
