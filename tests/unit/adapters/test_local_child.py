"""One child process: how it ended is known at once."""

import asyncio
import os
from pathlib import Path

from aurax.adapters.local.child import Child


def test_an_end_is_seen_although_a_grandchild_holds_the_output_open(tmp_path: Path) -> None:
    go = tmp_path / "go"

    async def run() -> str:
        child = Child("child", tmp_path / "child.log")
        hold = f"while [ ! -e '{go}' ]; do sleep 0.1; done"
        await child.start(["sh", "-c", f"({hold}) & echo last words; exit 3"], dict(os.environ))
        try:
            return await asyncio.wait_for(child.wait(), 30)
        finally:
            go.touch()
            await asyncio.sleep(1.0)

    assert asyncio.run(run()) == "last words"


def test_a_child_that_does_not_want_to_end_is_killed(tmp_path: Path) -> None:
    async def run() -> tuple[bool, int | None]:
        child = Child("child", tmp_path / "child.log")
        await child.start(["sh", "-c", "trap '' TERM; while true; do sleep 0.1; done"], dict(os.environ))
        await asyncio.sleep(0.5)
        await child.stop(0.5)
        return child.killed, child.pid

    assert asyncio.run(run()) == (True, None)
