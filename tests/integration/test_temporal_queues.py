"""Task queues per resource, and fairness between owners, on a real Temporal server."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from pathlib import Path

import pytest
from builders.temporal import ephemeral_server, working
from sealed import SEALED
from tasks import song_task
from temporal_fakes import TRACKS, FakeActivities
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from aurax.adapters.temporal import pollers
from aurax.adapters.temporal.client import song_result, start_song
from aurax.adapters.temporal.pollers import has_pollers, wait_polled
from aurax.adapters.temporal.queues import QUEUES, queue_name, read_queues
from aurax.adapters.temporal.worker import Workers, build_worker
from aurax.errors import InvalidOption
from aurax.produce.stages import QueueName
from aurax.services.lineage import Lineage
from aurax.settings import Settings

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.integration]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load(data_dir=tmp_path, task_queue=f"test-{uuid.uuid4().hex}", render_workers=2)


def worker(client: Client, settings: Settings, fakes: FakeActivities, *queues: QueueName) -> Workers:
    return build_worker(client, settings, fakes.all(), queues)


async def test_each_kind_of_work_is_done_by_the_workers_of_its_queue(client: Client, settings: Settings) -> None:
    light, render, gpu = FakeActivities(), FakeActivities(), FakeActivities()
    async with (
        worker(client, settings, light, "workflows"),
        worker(client, settings, render, "render"),
        worker(client, settings, gpu, "gpu"),
    ):
        task = song_task(engine="musicgen-melody", dual=True, understood=True)
        await song_result(await start_song(client, task, settings))
    assert set(light.calls) == {"analyze"}
    assert set(gpu.calls) == {"generate_layer"}
    assert {"compose_candidate", "mix_stems", "master_mix", "judge_take", "deliver_song"} < set(render.calls)


async def test_a_worker_is_seen_on_its_own_queues_only(client: Client, settings: Settings) -> None:
    async with worker(client, settings, FakeActivities(), "render"):
        async with asyncio.timeout(20):
            while not await has_pollers(client, settings.task_queue, "render"):
                await asyncio.sleep(0.05)
        assert not await has_pollers(client, settings.task_queue, "workflows")
        assert not await has_pollers(client, settings.task_queue, "gpu")


async def test_a_worker_whose_clock_is_far_ahead_of_the_servers_sees_itself(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with worker(client, settings, FakeActivities(), "render"):
        assert await wait_polled(client, settings.task_queue, "render", 20.0)
        monkeypatch.setattr(pollers, "_LONGEST_POLL_S", -1e6)  # as if every poll were long ago
        assert not await has_pollers(client, settings.task_queue, "render")
        assert await has_pollers(client, settings.task_queue, "render", identity=client.identity)
        assert await wait_polled(client, settings.task_queue, "render", 20.0)
        assert not await has_pollers(client, settings.task_queue, "render", identity="another")


@pytest.mark.parametrize(
    ("text", "chosen"), [("gpu", ("gpu",)), (" render, workflows", ("workflows", "render")), ("", ()), ("cpu", ())]
)
async def test_queues_are_chosen_by_name(text: str, chosen: Sequence[QueueName]) -> None:
    if chosen:
        assert read_queues(text) == chosen
    else:
        with pytest.raises(InvalidOption, match="workflows, render, gpu"):
            read_queues(text)


async def test_private_names_stay_private_on_every_queue() -> None:
    names = [queue_name("aurax-0123", queue) for queue in QUEUES]
    assert names == ["aurax-0123", "aurax-0123-render", "aurax-0123-gpu"]


async def test_the_owner_of_a_song_is_the_key_by_which_its_steps_are_shared_out(client: Client, tmp_path: Path) -> None:
    async with working(client, FakeActivities().all(), tmp_path) as settings:
        task = song_task().model_copy(update={"lineage": Lineage(owner="user-1")})
        handle = await start_song(client, task, settings)
        await song_result(handle)
        children = [f"{handle.id}/take-1/compose", f"{handle.id}/take-1/arrange"]
        asked = []
        for workflow_id in children:
            history = await client.get_workflow_handle(workflow_id).fetch_history()
            asked += [
                event.activity_task_scheduled_event_attributes.priority.fairness_key or inherited(history.events[0])
                for event in history.events
                if event.HasField("activity_task_scheduled_event_attributes")
            ]
    assert asked == ["user-1"] * (3 + len(TRACKS))


def inherited(started: object) -> str:
    return started.workflow_execution_started_event_attributes.priority.fairness_key  # type: ignore[attr-defined]


async def test_a_server_with_fairness_does_not_let_one_owner_hold_up_another(settings: Settings) -> None:
    fair = ("useNewMatcher", "enableFairness")
    many, fakes = 12, FakeActivities(render_s=0.05)
    ends: list[str] = []
    settings = settings.model_copy(update={"render_slots": 1, "pollers": 2})

    async def make(client: Client, owner: str) -> None:
        task = song_task().model_copy(update={"lineage": Lineage(owner=owner)})
        await song_result(await start_song(client, task, settings))
        ends.append(owner)

    async with (
        ephemeral_server(SEALED, *(f"--dynamic-config-value=matching.{name}=true" for name in fair)) as client,
        worker(client, settings, fakes, "workflows"),
    ):
        asked = [asyncio.create_task(make(client, owner)) for owner in ["first"] * many + ["second"]]
        async with asyncio.timeout(30):
            while await waiting(client, settings) < 3 * len(asked):
                await asyncio.sleep(0.1)
        async with worker(client, settings, fakes, "render"):
            await asyncio.gather(*asked)
    assert ends.index("second") < 3 * many // 4  # in the order of asking it would be the last


async def waiting(client: Client, settings: Settings) -> int:
    """How many candidates wait to be composed."""
    queue = TaskQueue(name=queue_name(settings.task_queue, "render"))
    answer = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=queue,
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
            report_stats=True,
        )
    )
    return answer.stats.approximate_backlog_count
