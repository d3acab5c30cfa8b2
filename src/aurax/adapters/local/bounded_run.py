"""Running a coroutine as `asyncio.run` does, without waiting for ever for what it leaves behind."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

LEFT_WITHIN_S = 10.0
"""So long what is left behind may take to end; `asyncio.run` would wait for ever."""

T = TypeVar("T")

_log = logging.getLogger(__name__)


def bounded_run(work: Coroutine[Any, Any, T], *, left_within_s: float = LEFT_WITHIN_S) -> T:
    """Run a coroutine to its end; tasks that it leaves are cancelled, and given up when they do not end.

    Args:
        work: the coroutine.
        left_within_s: how long the tasks that it leaves may take.
    """
    runner = asyncio.Runner()
    try:
        return runner.run(work)
    finally:
        loop = runner.get_loop()
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        stuck = loop.run_until_complete(asyncio.wait(left, timeout=left_within_s))[1] if left else set()
        for task in stuck:
            _log.warning("a task does not end and is left behind: %s", _place(task))
        if not stuck:
            runner.close()


def _place(task: asyncio.Task[Any]) -> str:
    """A task's name, and where each of its coroutines waits."""
    names: list[str] = [task.get_name()]
    inner: Any = task.get_coro()
    while inner is not None:
        names.append(getattr(inner, "__qualname__", type(inner).__name__))
        inner = getattr(inner, "cr_await", None)
    return " > ".join(names)
