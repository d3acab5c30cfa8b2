"""Hard work inside an asynchronous activity: in a thread, with a heartbeat, and cancellable."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from temporalio import activity

from aurax.observing import carrying

HEARTBEAT_INTERVAL_S = 1.0
_STOPS_WITHIN_S = 30.0
_THREADS = ThreadPoolExecutor(max_workers=64, thread_name_prefix="activity")
"""The worker bounds how many activities run; this pool must never be what they wait for."""

T = TypeVar("T")


async def in_thread(work: Callable[[threading.Event], T]) -> T:
    """Run work in a thread and tell Temporal every second that it lives.

    Args:
        work: gets an event that is set when the activity is cancelled, and should then stop soon by raising
            anything; what it raises after a cancellation is ignored.

    Raises:
        asyncio.CancelledError: the activity was cancelled; the work has stopped.
    """
    cancelled = threading.Event()
    # With the context of the activity, so that what is logged and traced in the thread belongs to it.
    future = asyncio.get_running_loop().run_in_executor(_THREADS, carrying(work), cancelled)
    try:
        await _beat_until(future)
    except asyncio.CancelledError:
        cancelled.set()
        # What cleans up next must not race with a thread that still writes, so it is waited for, within bounds.
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(_beat_until(future), _STOPS_WITHIN_S)
        if future.done() and not future.cancelled():
            future.exception()
        raise
    return future.result()


async def _beat_until(future: asyncio.Future[T]) -> None:
    while not (await asyncio.wait({future}, timeout=HEARTBEAT_INTERVAL_S))[0]:
        activity.heartbeat()
