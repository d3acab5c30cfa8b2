"""Sessions of an hour and more: with time skipped, and through histories that grow too large."""

from __future__ import annotations

import asyncio
import sys
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from builders.temporal import working
from sealed import SEALED
from temporal_fakes import FakeActivities
from temporalio.testing import WorkflowEnvironment
from test_temporal_session import song, until

from aurax.adapters.temporal.names import session_workflow_id
from aurax.adapters.temporal.session_client import SessionClient
from aurax.services.session import SessionState

pytestmark = pytest.mark.integration

_PROGRAMS = Path(sys.executable).parent


async def test_a_session_of_an_hour_keeps_every_version_and_closes_when_idle(tmp_path: Path) -> None:
    fakes = FakeActivities()
    server = await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(_PROGRAMS / "temporal-test-server"), data_converter=SEALED
    )
    async with server, working(server.client, fakes.all(), tmp_path) as settings:
        session = SessionClient(server.client, settings, uuid.uuid4().hex)
        await session.open(SessionState(session_id=session.session_id))
        began = await server.get_current_time()
        for minute in range(0, 65, 5):
            if minute % 20 == 0:
                await session.request_song(song())
            else:
                await session.steer("slower" if minute % 10 == 0 else "brighter")
            await until(session, lambda state: all(one.is_ended for one in state.versions))
            await server.sleep(timedelta(minutes=5))
        open_for = await server.get_current_time() - began
        state = await session.state()
        assert await session.is_open()
        await server.sleep(timedelta(minutes=61))
        assert not await session.is_open()
        final = await session.state()
    assert open_for >= timedelta(minutes=60)
    assert [one.status for one in state.versions] == ["delivered"] * 13
    assert [one.parent is None for one in state.versions] == [minute % 20 == 0 for minute in range(0, 65, 5)]
    assert final.close_reason == "idle"
    assert final.versions == state.versions
    assert fakes.calls["deliver_song"] == 13


async def test_a_session_goes_on_in_a_new_history_before_the_old_one_grows_large(tmp_path: Path) -> None:
    fakes = FakeActivities()
    server = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(_PROGRAMS / "temporal"),
        dev_server_log_level="error",
        dev_server_extra_args=["--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=60"],
        data_converter=SEALED,
    )
    async with server, working(server.client, fakes.all(), tmp_path) as settings:
        session = SessionClient(server.client, settings, uuid.uuid4().hex)
        await session.open(SessionState(session_id=session.session_id))
        first = await session.request_song(song(), request_id="the-first")
        await asyncio.gather(*(session.request_song(song()) for _ in range(6)))
        state = await until(session, lambda state: all(one.is_ended for one in state.versions) and state.run > 0)
        again = await session.request_song(song(), request_id="the-first")
        await session.steer("slower")
        after = await until(session, lambda state: all(one.is_ended for one in state.versions))
        length = (
            await server.client.get_workflow_handle(session_workflow_id(session.session_id)).describe()
        ).history_length
    assert again.song_id == first.song_id
    assert [one.status for one in after.versions] == ["delivered"] * 8
    assert after.versions[:7] == state.versions
    assert fakes.calls["deliver_song"] == 8
    assert length < 200
