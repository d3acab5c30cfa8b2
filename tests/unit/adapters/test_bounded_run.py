"""Running a coroutine without waiting for ever for what it leaves behind."""

from __future__ import annotations

import asyncio
import time

import pytest

from aurax.adapters.local.bounded_run import bounded_run


async def _never_ends() -> None:
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            continue


def test_the_result_and_the_error_of_the_work_are_passed_on() -> None:
    async def good() -> int:
        return 7

    async def bad() -> None:
        raise ValueError("broken")

    assert bounded_run(good()) == 7
    with pytest.raises(ValueError, match="broken"):
        bounded_run(bad())


def test_a_task_that_ends_when_it_is_cancelled_is_waited_for() -> None:
    ended = []

    async def tidy() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(0.01)
            ended.append(True)

    async def work() -> None:
        asyncio.get_running_loop().tidying = asyncio.create_task(tidy())  # type: ignore[attr-defined]
        await asyncio.sleep(0)

    bounded_run(work())
    assert ended == [True]


def test_a_task_that_never_ends_is_named_and_left(caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> int:
        task = asyncio.create_task(_never_ends(), name="stubborn")
        await asyncio.sleep(0)
        assert not task.done()
        return 7

    began_s = time.monotonic()
    assert bounded_run(work(), left_within_s=0.1) == 7
    assert time.monotonic() - began_s < 30
    assert "stubborn > _never_ends" in caplog.text
