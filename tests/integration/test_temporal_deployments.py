"""Two builds of the workers on a real Temporal server: songs stay, new work moves."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from builders.temporal import ephemeral_server
from command import Command
from sealed import AS_A_SETTING, SEALED
from tasks import song_task
from temporal_fakes import TRACKS, FakeActivities
from temporalio.client import Client

from aurax.adapters.temporal.client import song_result, start_song
from aurax.adapters.temporal.deployment import (
    build_id,
    deployment_config,
    describe,
    make_current,
    make_own_current,
    ramp,
)
from aurax.adapters.temporal.names import session_workflow_id
from aurax.adapters.temporal.session_client import SessionClient
from aurax.adapters.temporal.worker import build_worker
from aurax.errors import InvalidOption
from aurax.services.prepare import PreparedSong
from aurax.services.request import SongRequest
from aurax.services.session import SessionState
from aurax.services.understand import understand
from aurax.settings import Settings

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.integration]

_SOON_DRAINED = (
    '--dynamic-config-value=matching.wv.VersionDrainageStatusVisibilityGracePeriod="1s"',
    '--dynamic-config-value=matching.wv.VersionDrainageStatusRefreshInterval="1s"',
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client() -> AsyncIterator[Client]:
    async with ephemeral_server(SEALED, *_SOON_DRAINED) as connected:
        yield connected


@pytest.fixture
def deployment() -> str:
    return f"deployment-{uuid.uuid4().hex[:8]}"


@asynccontextmanager
async def build(
    client: Client, fakes: FakeActivities, folder: Path, deployment: str, name: str
) -> AsyncIterator[Settings]:
    settings = Settings.load(
        data_dir=folder, task_queue=deployment, deployment=deployment, build_id=name, render_workers=2
    )
    async with build_worker(client, settings, fakes.all()):
        yield settings


async def test_a_song_ends_on_the_build_on_which_it_began_and_the_next_starts_on_the_new_one(
    client: Client, tmp_path: Path, deployment: str
) -> None:
    release = asyncio.Barrier(len(TRACKS) + 1)
    old, new = FakeActivities(meet=release), FakeActivities()
    async with build(client, old, tmp_path, deployment, "1") as first, build(client, new, tmp_path, deployment, "2"):
        await make_own_current(client, first)
        begun = await start_song(client, song_task(), first)
        await old.rendering.wait()
        await make_own_current(client, first.model_copy(update={"build_id": "2"}))
        next_song = await start_song(client, song_task(), first)
        await song_result(next_song)
        await release.wait()
        await song_result(begun)
    assert (old.calls["analyze"], old.calls["deliver_song"]) == (1, 1)
    assert (new.calls["analyze"], new.calls["deliver_song"]) == (1, 1)
    assert sum(new.calls[f"render {track}"] for track in TRACKS) == len(TRACKS), "none of the older song's"


async def test_a_living_session_moves_to_the_new_build_while_its_song_ends_on_the_old_one(
    client: Client, tmp_path: Path, deployment: str
) -> None:
    release = asyncio.Barrier(len(TRACKS) + 1)
    old, new = FakeActivities(meet=release), FakeActivities()
    async with build(client, old, tmp_path, deployment, "1") as first, build(client, new, tmp_path, deployment, "2"):
        await make_own_current(client, first)
        session = SessionClient(client, first, uuid.uuid4().hex)
        await session.open(SessionState(session_id=session.session_id))
        begun = await session.request_song(prepared(1))
        await old.rendering.wait()
        await make_own_current(client, first.model_copy(update={"build_id": "2"}))
        following = await session.request_song(prepared(2))
        await status(session, following.song_id, "delivered")
        await release.wait()
        await status(session, begun.song_id, "delivered")
        history = await client.get_workflow_handle(session_workflow_id(session.session_id)).fetch_history()
    assert [one.song_id for one in old.delivered] == [begun.song_id]
    assert [one.song_id for one in new.delivered] == [following.song_id]
    ran_on = [
        event.workflow_task_completed_event_attributes.deployment_version.build_id
        for event in history.events
        if event.HasField("workflow_task_completed_event_attributes")
    ]
    assert (ran_on[0], ran_on[-1], sorted(ran_on)) == ("1", "2", ran_on), "it moved once, and stayed"


def prepared(seed: int) -> PreparedSong:
    request = SongRequest.of(prompt="lofi", seed=seed)
    return PreparedSong(request, understand(request))


async def status(session: SessionClient, song_id: str | None, wanted: str) -> None:
    async with asyncio.timeout(40):
        while wanted not in [one.status for one in (await session.state()).versions if one.song_id == song_id]:
            await asyncio.sleep(0.1)


async def test_a_build_that_has_nothing_left_is_told_as_drained(
    client: Client, tmp_path: Path, deployment: str
) -> None:
    async with (
        build(client, FakeActivities(), tmp_path, deployment, "1") as first,
        build(client, FakeActivities(), tmp_path, deployment, "2") as second,
    ):
        await make_own_current(client, first)
        await song_result(await start_song(client, song_task(), first))
        await make_own_current(client, second)
        async with asyncio.timeout(60):
            while (status := await statuses(client, deployment))["1"] != "drained":
                assert status == {"1": "draining", "2": "current"}
                await asyncio.sleep(0.3)


async def statuses(client: Client, deployment: str) -> dict[str, str]:
    return {one.build_id: one.status for one in (await describe(client, deployment)).builds}


async def test_a_ramp_gives_a_share_and_ends_at_zero(client: Client, tmp_path: Path, deployment: str) -> None:
    async with (
        build(client, FakeActivities(), tmp_path, deployment, "1") as first,
        build(client, FakeActivities(), tmp_path, deployment, "2") as second,
    ):
        await make_own_current(client, first)
        await make_own_current(client, second)
        await ramp(client, deployment, "1", 25)
        found = {one.build_id: one.ramp_percent for one in (await describe(client, deployment)).builds}
        assert found == {"1": 25.0, "2": 0.0}
        await ramp(client, deployment, "1", 0)
        assert [one.ramp_percent for one in (await describe(client, deployment)).builds] == [0.0, 0.0]


async def test_an_unknown_deployment_or_build_is_told(client: Client, tmp_path: Path, deployment: str) -> None:
    with pytest.raises(InvalidOption, match="start a worker with it first"):
        await describe(client, deployment)
    async with build(client, FakeActivities(), tmp_path, deployment, "1") as settings:
        await make_own_current(client, settings)
        with pytest.raises(InvalidOption, match="start a worker with it first"):
            await make_current(client, deployment, "2")


async def test_the_command_shows_and_changes_what_gets_new_work(
    client: Client, tmp_path: Path, deployment: str
) -> None:
    command = Command(tmp_path / "data").with_environment(
        TEMPORAL_ADDRESS=client.service_client.config.target_host,
        AURAX_PAYLOAD_KEY=AS_A_SETTING,
        AURAX_DEPLOYMENT=deployment,
    )

    async def run(*arguments: str) -> Any:
        return await asyncio.to_thread(command.run, "deployment", *arguments)

    async with (
        build(client, FakeActivities(), tmp_path, deployment, "1") as first,
        build(client, FakeActivities(), tmp_path, deployment, "2"),
    ):
        await make_own_current(client, first)
        assert (await run("current", "2")).returncode == 0
        shown = json.loads((await run("show", "--json")).stdout)
        assert (shown["current"], {one["build_id"] for one in shown["builds"]}) == ("2", {"1", "2"})
        unfinished = await run("drained", "2")
        assert (unfinished.returncode, unfinished.stdout.strip()) == (1, "2 is current.")


async def test_the_embedded_server_has_no_versions(tmp_path: Path) -> None:
    settings = Settings.load(data_dir=tmp_path, deployment="aurax")
    assert deployment_config(settings) is not None
    assert deployment_config(settings.model_copy(update={"embedded_temporal": True})) is None


async def test_a_build_is_named_after_the_version_and_the_code_unless_it_is_set(tmp_path: Path) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+-[0-9a-f]{12}", build_id(Settings.load(data_dir=tmp_path)))
    assert build_id(Settings.load(data_dir=tmp_path, build_id="mine")) == "mine"
