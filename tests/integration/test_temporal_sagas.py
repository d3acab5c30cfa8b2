"""Every step of a song fails in turn, and is cancelled in turn, after it has stored what it stores: nothing is left."""

from __future__ import annotations

import inspect
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from builders.databases import Databases
from builders.s3_server import S3Server
from builders.temporal import working
from sqlalchemy import select
from tasks import song_task
from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from aurax.adapters.sql.database import Database
from aurax.adapters.sql.tables import AssetRow, LedgerRow, SongRow
from aurax.adapters.temporal.client import get_song_handle, song_result, start_song
from aurax.adapters.temporal.worker import worker_activities
from aurax.errors import AuraxError, Cancelled
from aurax.services.context import WorkerContext
from aurax.services.task import SongTask
from aurax.settings import Settings
from aurax.wiring import build_context

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

STEPS = (
    "analyze", "compose_candidate", "render_track", "mix_stems", "master_mix", "judge_take",
)  # fmt: skip
"""Every step before the delivery that leaves something behind."""


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["a file and a folder", "PostgreSQL and S3"])
async def context(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[WorkerContext]:
    folder = tmp_path_factory.mktemp("sagas")
    place = {}
    patched = pytest.MonkeyPatch()
    request.addfinalizer(patched.undo)
    if request.param == "PostgreSQL and S3":
        databases: Databases = request.getfixturevalue("databases")
        s3: S3Server = request.getfixturevalue("s3")
        for name, value in s3.environment().items():
            patched.setenv(name, value)
        place = {"database_url": databases.migrated("postgresql"), "objects_url": f"s3://bucket/{uuid.uuid4().hex}"}
    settings = Settings.load(data_dir=folder, render_workers=2, **place)
    async with build_context(settings) as opened:
        yield opened


class Troubled:
    """The real activities, of which one does its work and then fails, or has its song cancelled while it works."""

    def __init__(self, context: WorkerContext, step: str, client: Client | None = None) -> None:
        self._step, self._client = step, client
        self.reached = 0
        self.activities = [self._wrapped(one) for one in worker_activities(context)]

    def _wrapped(self, real: Callable[..., Any]) -> Callable[..., Any]:
        name = real.__name__
        if name != self._step:
            return real

        async def troubled(request: Any) -> Any:
            self.reached += 1
            song_id = getattr(request, "song_id", None) or request.mix_request.song_id
            if self._client is not None:
                await get_song_handle(self._client, song_id).cancel()
                return await real(request)
            await real(request)
            raise ApplicationError("it does not get any further", non_retryable=True)

        resolved = inspect.get_annotations(real.__func__, eval_str=True)  # type: ignore[attr-defined]
        parameter = next(value for key, value in resolved.items() if key != "return")
        troubled.__annotations__ = {"request": parameter, "return": resolved["return"]}
        return activity.defn(name=name)(troubled)


async def left_behind(context: WorkerContext, song_id: str) -> dict[str, Any]:
    """What there is of a song."""
    database = Database(context.settings.database_location)
    try:
        async with database.reading() as connection:
            assets = (await connection.scalars(select(AssetRow.name).where(AssetRow.song_id == song_id))).all()
            known = set((await connection.scalars(select(AssetRow.key))).all())
            reserved = (await connection.scalars(select(LedgerRow.id).where(LedgerRow.status == "reserved"))).all()
            status = await connection.scalar(select(SongRow.status).where(SongRow.id == song_id))
    finally:
        await database.close()
    orphans = sorted(set(context.objects.keys("")) - known)
    return {"assets": list(assets), "orphans": orphans, "reserved": list(reserved), "status": status}


NOTHING = {"assets": [], "orphans": [], "reserved": []}


def short_song(**options: Any) -> SongTask:
    return song_task("lofi, 2-bar loop, 120 bpm", understood=True, seed=3, takes=1, candidates=1, **options)


@pytest.mark.parametrize("step", STEPS)
async def test_a_step_that_fails_after_its_work_leaves_nothing(
    client: Client, context: WorkerContext, tmp_path: Path, step: str
) -> None:
    task, trouble = short_song(), Troubled(context, step)
    async with working(client, trouble.activities, tmp_path) as settings:
        with pytest.raises(AuraxError):
            await song_result(await start_song(client, task, settings))
    assert trouble.reached
    assert await left_behind(context, task.song_id) == {**NOTHING, "status": "failed"}


@pytest.mark.parametrize("step", STEPS)
async def test_a_song_that_is_cancelled_in_a_step_leaves_nothing(
    client: Client, context: WorkerContext, tmp_path: Path, step: str
) -> None:
    task, trouble = short_song(), Troubled(context, step, client)
    async with working(client, trouble.activities, tmp_path) as settings:
        with pytest.raises(Cancelled):
            await song_result(await start_song(client, task, settings))
    assert trouble.reached
    assert await left_behind(context, task.song_id) == {**NOTHING, "status": "cancelled"}


async def test_a_song_that_was_delivered_stays_although_its_last_step_failed(
    client: Client, context: WorkerContext, tmp_path: Path
) -> None:
    task, trouble = short_song(), Troubled(context, "deliver_song")
    async with working(client, trouble.activities, tmp_path) as settings:
        with pytest.raises(AuraxError):
            await song_result(await start_song(client, task, settings))
    left = await left_behind(context, task.song_id)
    assert (left["status"], left["orphans"], left["reserved"]) == ("delivered", [], [])
    assert "master.flac" in left["assets"]


async def test_masters_that_fail_to_the_last_leave_nothing(
    client: Client, context: WorkerContext, tmp_path: Path
) -> None:
    task, trouble = short_song(), Troubled(context, "master_mix")
    async with working(client, trouble.activities, tmp_path) as settings:
        with pytest.raises(AuraxError):
            await song_result(await start_song(client, task, settings))
    assert trouble.reached == 3
    assert await left_behind(context, task.song_id) == {**NOTHING, "status": "failed"}
