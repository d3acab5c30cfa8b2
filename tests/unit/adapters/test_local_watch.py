"""The watch over a song: what is held up by somebody else is told soon."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from aurax.adapters.local import watch as watching
from aurax.adapters.local.claims import Claims
from aurax.adapters.local.watch import Watch
from aurax.adapters.temporal import client, pollers
from aurax.adapters.temporal.pollers import Steps
from aurax.errors import ServiceFailed
from aurax.settings import Settings

SONG, OTHER = "a1", "b2"
WAITING = Steps(untaken=True, begun=False, repeated=False, holders=frozenset())
WORKING = Steps(untaken=True, begun=True, repeated=False, holders=frozenset({"7@here"}))
REPEATED = Steps(untaken=False, begun=True, repeated=True, holders=frozenset())
TAKEN = Steps(untaken=False, begun=True, repeated=False, holders=frozenset({"7@here", "9@there"}))


class FakeServices:
    """An embedded server and its worker, which are well."""

    external = False

    def failure(self) -> None:
        return None

    def trouble(self) -> str:
        return ""

    def silent_s(self) -> float:
        return 0.0

    def present_address(self) -> str:
        return "127.0.0.1:1"

    def worker_identity(self) -> str:
        return "7@here"


class FakeClient:
    """Notes which workflows are ended."""

    data_converter = client.data_converter(None)

    def __init__(self) -> None:
        self.ended: list[str] = []

    def get_workflow_handle(self, workflow_id: str) -> FakeHandle:
        return FakeHandle(self, workflow_id)


class FakeHandle:
    def __init__(self, owner: FakeClient, workflow_id: str) -> None:
        self._owner, self._workflow_id = owner, workflow_id

    async def terminate(self, _reason: str) -> None:
        self._owner.ended.append(self._workflow_id)


def answer(value: Any) -> Callable[..., Awaitable[Any]]:
    async def answering(*_arguments: Any, **_options: Any) -> Any:
        return value

    return answering


@pytest.fixture
def temporal(monkeypatch: pytest.MonkeyPatch) -> FakeClient:
    """A Temporal with a worker, looked at a hundred times a second."""
    for name, seconds in (("_TICK_S", 0.005), ("_FIRST_WORD_S", 0.0), ("_LOOK_EVERY_S", 0.01)):
        monkeypatch.setattr(watching, name, seconds)
    fake = FakeClient()
    monkeypatch.setattr(client, "connect", answer(fake))
    monkeypatch.setattr(pollers, "has_pollers", answer(True))
    return fake


async def watched(monkeypatch: pytest.MonkeyPatch, folder: Path, steps: dict[str, Steps]) -> list[str]:
    """What is told in half a second."""

    async def look(_client: Any, workflow_id: str) -> Steps:
        return steps[workflow_id.removeprefix("song-")]

    monkeypatch.setattr(pollers, "look_at_steps", look)
    settings = Settings.load(data_dir=folder, silence_s=0.2, minimal_room_bytes=0)
    told: list[str] = []
    watch = Watch(settings, FakeServices(), SONG, lambda _kind, data: told.append(data["reason"]))  # type: ignore[arg-type]
    await watch.over(asyncio.sleep(0.5))
    return told


@pytest.mark.parametrize("steps", [WAITING, REPEATED])
async def test_a_song_whose_worker_is_kept_from_it_ends_clearly(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, temporal: FakeClient, steps: Steps
) -> None:
    with pytest.raises(ServiceFailed, match="aurax resume a1"):
        await watched(monkeypatch, tmp_path, {SONG: steps})
    assert temporal.ended == ["song-a1"]


async def test_a_song_behind_another_one_waits_and_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, temporal: FakeClient
) -> None:
    with Claims(Settings.load(data_dir=tmp_path).claims_dir).hold(OTHER):
        told = await watched(monkeypatch, tmp_path, {SONG: WAITING, OTHER: WORKING})
    assert told == ["a worker has not begun the next step yet; others may come first"]
    assert temporal.ended == []


async def test_a_step_that_a_foreign_worker_took_is_told_by_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, temporal: FakeClient
) -> None:
    [told] = await watched(monkeypatch, tmp_path, {SONG: TAKEN})
    assert told.startswith("'9@there' took a step of the song")
    assert temporal.ended == []


async def test_a_song_on_which_its_own_worker_works_is_not_disturbed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, temporal: FakeClient
) -> None:
    at_work = Steps(untaken=False, begun=True, repeated=False, holders=frozenset({"7@here"}))
    assert await watched(monkeypatch, tmp_path, {SONG: at_work}) == []
    assert temporal.ended == []
