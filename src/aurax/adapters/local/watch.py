"""The client's watch over a song: what it waits for is said, and what cannot end well is ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

from aurax.adapters.local.connect import Services
from aurax.adapters.local.order import OnEvent
from aurax.adapters.local.room import require_room
from aurax.adapters.local.runtime import external_temporal_address
from aurax.adapters.local.waiting_event import WAITING
from aurax.errors import AuraxError, ServiceFailed
from aurax.settings import Settings

_TICK_S = 0.5
_FIRST_WORD_S = 8.0
_LOOK_EVERY_S = 3.0

T = TypeVar("T")


class Watch:
    """Watches one song from the client's side.

    Args:
        settings: where data lives, and for how long silence is borne.
        services: the servers.
        song_id: the song.
        on_event: told what the song waits for.
    """

    def __init__(self, settings: Settings, services: Services, song_id: str, on_event: OnEvent) -> None:
        self._settings = settings
        self._services = services
        self._song_id = song_id
        self._pass_on = on_event
        self._moved_at_s = time.monotonic()
        self._told = ""
        self._unheard_since_s: float | None = None
        self._unserved_since_s: float | None = None

    def on_event(self, kind: str, data: dict[str, Any]) -> None:
        """Take note that the song goes on, and pass the event on."""
        self._moved_at_s = time.monotonic()
        self._tell("")
        self._pass_on(kind, data)

    async def over(self, work: Coroutine[Any, Any, T]) -> T:
        """Do work while watching.

        Args:
            work: cancelled when it cannot end well.

        Raises:
            AuraxError: of the work, or why it cannot end well.
        """
        working = asyncio.ensure_future(work)
        watching = asyncio.create_task(self._look_on())
        try:
            await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                return working.result()
            watching.result()
            raise AssertionError("the watch ends by an error only")
        finally:
            watching.cancel()
            if not working.done():
                working.cancel()
                await asyncio.wait({working})
            if not working.cancelled():
                working.exception()

    async def _look_on(self) -> None:
        looked_at_s = 0.0
        while True:
            await asyncio.sleep(_TICK_S)
            failure = self._services.failure()
            if failure is not None:
                raise failure
            now = time.monotonic()
            if now - self._moved_at_s < _FIRST_WORD_S or now - looked_at_s < _LOOK_EVERY_S:
                continue
            looked_at_s = now
            await asyncio.to_thread(require_room, self._settings)
            reason = self._services.trouble() or await self._untaken()
            self._tell(reason)
            self._judge_supervisor(reason)

    def _judge_supervisor(self, reason: str) -> None:
        """End the supervisor when the song does not go on and it, which could mend that, is stopped."""
        now, silent_s = time.monotonic(), self._services.silent_s()
        if not reason or silent_s < self._settings.silence_s:
            self._unheard_since_s = None
            return
        self._unheard_since_s = self._unheard_since_s if self._unheard_since_s is not None else now
        if now - self._unheard_since_s > self._settings.silence_s / 2:
            self._unheard_since_s = None
            if not self._services.end_silent_supervisor():
                raise ServiceFailed(
                    f"the supervisor of {self._settings.data_dir} to show a sign of life",
                    f"none for {silent_s:.0f} s, while the song waits ({reason})",
                    "end it ('aurax doctor' tells its process id) and make the song again",
                )
            self._tell("the supervisor gave no sign of life; another takes its place")

    async def _untaken(self) -> str:
        """Whether the song's next step is taken by no worker."""
        from temporalio.service import RPCError

        from aurax.adapters.temporal.client import connect, song_workflow_id
        from aurax.adapters.temporal.converter import task_queue
        from aurax.adapters.temporal.pollers import has_pollers, waits_for_worker

        try:
            async with asyncio.timeout(self._settings.silence_s):
                client = await connect(self._settings, self._services.present_address())
                queue = task_queue(client, self._settings)
                untaken = await waits_for_worker(client, song_workflow_id(self._song_id))
                polled = await has_pollers(client, queue)
        except (RPCError, AuraxError):
            self._unserved_since_s = None
            return "Temporal does not answer"
        except TimeoutError:
            return "Temporal does not answer"
        if not untaken or polled:
            self._unserved_since_s = None
            return "a worker has not begun the next step yet; others may come first" if untaken else ""
        now = time.monotonic()
        self._unserved_since_s = self._unserved_since_s if self._unserved_since_s is not None else now
        # The supervisor of this machine restarts its worker, or says why it does not.
        limit_s = self._settings.silence_s if self._services.external else self._settings.start_s
        if now - self._unserved_since_s > limit_s:
            place = external_temporal_address() or self._services.present_address()
            raise ServiceFailed(
                f"a worker on the task queue '{queue}' of Temporal at {place}",
                "none that listens",
                "start one with 'aurax worker' in the same environment, and look at what it prints",
            )
        return f"no worker listens on the task queue '{queue}'"

    def _tell(self, reason: str) -> None:
        if reason != self._told:
            self._told = reason
            self._pass_on(WAITING, {"reason": reason})
