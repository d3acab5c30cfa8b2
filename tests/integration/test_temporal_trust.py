"""Strangers on the Temporal server: what is not sealed with our key is neither worked on nor believed."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from builders.temporal import working
from sealed import SEALED
from tasks import song_task
from temporal_fakes import FakeActivities
from temporalio import activity
from temporalio.api.common.v1 import Payload
from temporalio.client import Client
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, Worker

from aurax.adapters.temporal.client import song_result, start_song
from aurax.adapters.temporal.converter import data_converter
from aurax.adapters.temporal.names import song_workflow_id
from aurax.adapters.temporal.runner import workflow_runner
from aurax.adapters.temporal.worker import WORKFLOWS, build_worker
from aurax.errors import SilentAudio, UntrustedPayload
from aurax.services.song import Song
from aurax.services.task import SongTask
from aurax.settings import Settings

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.integration]

SECRET = "lofi about a secret"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stranger(client: Client) -> Client:
    """A client of the same server without the key."""
    return await Client.connect(client.service_client.config.target_host, data_converter=data_converter(None))


def request(prompt: str = SECRET) -> SongTask:
    return song_task(prompt, seed=7, takes=1)


async def all_histories(client: Client, song_id: str) -> bytes:
    ids = [song_workflow_id(song_id) + suffix for suffix in ("", "/take-1/compose", "/take-1/arrange", "/take-1/mix")]
    histories = [await client.get_workflow_handle(one).fetch_history() for one in ids]
    return b"".join(event.SerializeToString() for history in histories for event in history.events)


async def test_a_stranger_who_reads_the_histories_learns_nothing(
    client: Client, stranger: Client, tmp_path: Path
) -> None:
    wanted = request()
    async with working(client, FakeActivities().all(), tmp_path) as settings:
        await song_result(await start_song(client, wanted, settings))
    seen = await all_histories(stranger, wanted.song_id)
    assert len(seen) > 5_000
    assert not any(word in seen for word in (b"secret", b"sha256", b"json/plain", b"flac"))


async def test_a_sealed_history_is_replayed_with_its_key(client: Client, tmp_path: Path) -> None:
    wanted = request()
    async with working(client, FakeActivities().all(), tmp_path) as settings:
        await song_result(await start_song(client, wanted, settings))
    history = await client.get_workflow_handle(song_workflow_id(wanted.song_id)).fetch_history()
    replayer = Replayer(
        workflows=WORKFLOWS, namespace=client.namespace, data_converter=SEALED, workflow_runner=workflow_runner()
    )
    assert (await replayer.replay_workflow(history)).replay_failure is None


async def test_messages_of_failures_are_sealed_and_still_reach_the_client(
    client: Client, stranger: Client, tmp_path: Path
) -> None:
    fakes = FakeActivities(render_errors=[SilentAudio("a sound", "a secret", "say more")] * 9)
    wanted = request()
    async with working(client, fakes.all(), tmp_path) as settings:
        with pytest.raises(SilentAudio, match="a secret"):
            await song_result(await start_song(client, wanted, settings))
    history = await stranger.get_workflow_handle(song_workflow_id(wanted.song_id)).fetch_history()
    seen = b"".join(event.SerializeToString() for event in history.events)
    assert not any(word in seen for word in (b"a secret", b"temporal_fakes", b"Traceback"))


async def test_a_workflow_that_a_stranger_starts_runs_no_activity(
    client: Client, stranger: Client, tmp_path: Path
) -> None:
    fakes = FakeActivities()
    async with working(client, fakes.all(), tmp_path) as settings:
        wanted = request()
        handle = await stranger.start_workflow(
            "SongWorkflow", wanted, id=song_workflow_id(wanted.song_id), task_queue=settings.task_queue
        )
        with pytest.raises(UntrustedPayload):
            await song_result(client.get_workflow_handle(handle.id, result_type=Song))
    assert fakes.calls == {}


async def test_a_payload_copied_from_another_song_runs_no_activity(
    client: Client, stranger: Client, tmp_path: Path
) -> None:
    fakes, wanted = FakeActivities(), request()
    async with working(client, fakes.all(), tmp_path) as settings:
        handle = await start_song(client, wanted, settings)
        await song_result(handle)
        before = dict(fakes.calls)
        started = (await handle.fetch_history()).events[0].workflow_execution_started_event_attributes
        copied = RawValue(started.input.payloads[0])
        copy = await stranger.start_workflow(
            "SongWorkflow", copied, id=f"song-{uuid.uuid4().hex}", task_queue=settings.task_queue
        )
        with pytest.raises(UntrustedPayload):
            await song_result(client.get_workflow_handle(copy.id, result_type=Song))
    assert fakes.calls == before


@activity.defn(name="analyze")
async def _unsealed(asked: RawValue) -> RawValue:
    return RawValue(Payload(metadata={"encoding": b"json/plain"}, data=b"{}"))


@activity.defn(name="analyze")
async def _sent_back(asked: RawValue) -> RawValue:
    return asked


@activity.defn(name="analyze")
async def _lying(asked: RawValue) -> None:
    raise ApplicationError("call this number", type="StorageFull", non_retryable=True)


@activity.defn(name="analyze")
async def _empty(asked: RawValue) -> RawValue:
    return RawValue(Payload(metadata={"encoding": b"binary/null"}))


@pytest.mark.parametrize("answer", [_unsealed, _sent_back, _lying, _empty])
async def test_a_song_whose_activity_a_stranger_answers_ends_clearly(
    client: Client, stranger: Client, tmp_path: Path, answer: Callable[..., Any]
) -> None:
    queue, fakes = f"test-{uuid.uuid4().hex}", FakeActivities()
    settings = Settings.load(data_dir=tmp_path, task_queue=queue, render_workers=2)
    handle = await start_song(client, request(), settings)
    async with (
        build_worker(client, settings, []),
        Worker(stranger, task_queue=queue, activities=[answer]),
    ):
        async for event in handle.fetch_history_events(wait_new_event=True):
            if event.HasField("activity_task_completed_event_attributes") or event.HasField(
                "activity_task_failed_event_attributes"
            ):
                break
    async with build_worker(client, settings, fakes.all()):
        with pytest.raises(UntrustedPayload) as told:
            await song_result(handle)
    assert "number" not in str(told.value)
    assert fakes.delivered == []


async def test_a_result_that_a_stranger_invents_is_refused(client: Client, stranger: Client, tmp_path: Path) -> None:
    from foreign_workflow import Impostor

    queue = f"test-{uuid.uuid4().hex}"
    foreign = Worker(stranger, task_queue=queue, workflows=[Impostor], workflow_runner=UnsandboxedWorkflowRunner())
    async with foreign:
        handle = await start_song(client, request(), Settings.load(data_dir=tmp_path, task_queue=queue))
        with pytest.raises(UntrustedPayload):
            await song_result(handle)


async def test_work_that_a_stranger_adds_to_a_song_is_not_done(
    client: Client, stranger: Client, tmp_path: Path
) -> None:
    from foreign_workflow import Meddler

    queue, fakes = f"test-{uuid.uuid4().hex}", FakeActivities()
    settings = Settings.load(data_dir=tmp_path, task_queue=queue, render_workers=2)
    handle = await start_song(client, request(), settings)
    foreign = Worker(stranger, task_queue=queue, workflows=[Meddler], workflow_runner=UnsandboxedWorkflowRunner())
    async with foreign:
        async for event in handle.fetch_history_events(wait_new_event=True):
            if event.HasField("activity_task_scheduled_event_attributes"):
                break
    async with build_worker(client, settings, fakes.all()):
        with pytest.raises(UntrustedPayload):
            await song_result(handle)
    assert fakes.calls == {}
    assert (await handle.describe()).close_time - (await handle.describe()).start_time < timedelta(seconds=60)
