"""Search attributes on a real Temporal server, with and without them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from builders.temporal import ephemeral_server, working
from command import Command
from sealed import AS_A_SETTING, SEALED
from tasks import song_task
from temporal_fakes import FakeActivities
from temporalio.client import Client, WorkflowExecutionDescription
from temporalio.common import TypedSearchAttributes

from aurax.adapters.cli.doctor_backends import look_at_temporal
from aurax.adapters.temporal.client import cancel_song, song_result, start_song
from aurax.adapters.temporal.search import (
    ATTRIBUTES,
    OWNER,
    SESSION,
    SONG,
    STATUS,
    attributes_of,
    missing_attributes,
    register_attributes,
    where_known,
)
from aurax.errors import RenderFailed
from aurax.services.lineage import Lineage
from aurax.services.task import SongTask
from aurax.settings import Settings

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.integration]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def known() -> AsyncIterator[Client]:
    """A server on which they are registered."""
    async with ephemeral_server(SEALED) as connected:
        assert set(await register_attributes(connected)) == {key.name for key in ATTRIBUTES}
        async with asyncio.timeout(30):
            while await missing_attributes(connected):
                await asyncio.sleep(0.05)
        yield connected


def of_a_person() -> SongTask:
    lineage = Lineage(owner=f"user-{uuid.uuid4().hex[:6]}", session_id=uuid.uuid4().hex)
    return song_task("a secret prompt").model_copy(update={"lineage": lineage})


async def noted(client: Client, task: SongTask) -> TypedSearchAttributes:
    described: WorkflowExecutionDescription = await client.get_workflow_handle(f"song-{task.song_id}").describe()
    return described.typed_search_attributes


async def test_a_song_is_found_by_its_owner_session_and_status(known: Client, tmp_path: Path) -> None:
    task = of_a_person()
    async with working(known, FakeActivities().all(), tmp_path) as settings:
        await song_result(await start_song(known, task, settings))
    found = await noted(known, task)
    assert (found[OWNER], found[SONG], found[SESSION]) == (task.lineage.owner, task.song_id, task.lineage.session_id)
    query = f"AuraxOwner = '{task.lineage.owner}' AND AuraxStatus = 'delivered'"
    async with asyncio.timeout(30):
        while not (ids := [one.id async for one in known.list_workflows(query)]):
            await asyncio.sleep(0.1)
    assert ids == [f"song-{task.song_id}"]


@pytest.mark.parametrize("ending", ["failed", "cancelled"])
async def test_songs_that_are_not_delivered_say_so(known: Client, tmp_path: Path, ending: str) -> None:
    task = of_a_person()
    fakes = FakeActivities(render_s=60.0 if ending == "cancelled" else 0.0)
    fakes.render_errors = [RenderFailed("audio", "NaN", "try again")] * 3 if ending == "failed" else []
    async with working(known, fakes.all(), tmp_path) as settings:
        handle = await start_song(known, task, settings)
        if ending == "cancelled":
            await fakes.rendering.wait()
            await cancel_song(handle)
        else:
            with pytest.raises(RenderFailed):
                await song_result(handle)
    assert (await noted(known, task))[STATUS] == ending


async def test_a_server_without_them_makes_songs_all_the_same(client: Client, tmp_path: Path) -> None:
    task = of_a_person()
    async with working(client, FakeActivities().all(), tmp_path) as settings:
        song = await song_result(await start_song(client, task, settings))
    assert song.passed
    assert SONG not in await noted(client, task)


async def test_nothing_is_set_where_one_is_missing_and_registering_again_does_no_harm(
    known: Client, client: Client
) -> None:
    attributes = attributes_of(owner="user-1", session_id=None, song_id="1")
    assert await where_known(known, attributes) == attributes
    assert not await where_known(client, attributes)
    assert await register_attributes(known) == ()


async def test_the_command_registers_and_the_doctor_tells_of_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ephemeral_server(SEALED) as connected:
        variables = {
            "TEMPORAL_ADDRESS": connected.service_client.config.target_host,
            "AURAX_PAYLOAD_KEY": AS_A_SETTING,
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        before = await look_at_temporal(Settings.load(data_dir=tmp_path))
        done = await asyncio.to_thread(Command(tmp_path).with_environment(**variables).run, "temporal", "setup")
        after = await look_at_temporal(Settings.load(data_dir=tmp_path))
    assert (done.returncode, "AuraxStatus" in done.stdout) == (0, True)
    assert ("run 'aurax temporal setup'" in before, "run 'aurax temporal setup'" in after) == (True, False)
