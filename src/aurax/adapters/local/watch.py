"""The client's watch over a song: what it waits for is said, and what cannot end well is ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from aurax.adapters.local.claims import Claims
from aurax.adapters.local.connect import Servers
from aurax.adapters.local.disk_space import require_disk_space
from aurax.adapters.local.runtime_folder import external_temporal_address
from aurax.adapters.local.waiting_event import WAITING
from aurax.errors import AuraxError, ServiceFailed
from aurax.produce.stages import QueueName
from aurax.services.ports import OnEvent
from aurax.settings import Settings

_TICK_S = 0.5
_FIRST_WORD_S = 8.0
_LOOK_EVERY_S = 3.0
_HELD_LOOKS = 6
"""Looks in a row, so that a command that was stopped for a while does not give up at its first one."""

_ALWAYS_NEEDED: tuple[QueueName, ...] = ("workflows", "render")
"""Task queues without which no song is made; not every song calls engines."""

if TYPE_CHECKING:
    from temporalio.client import Client

    from aurax.adapters.temporal.pollers import Steps

T = TypeVar("T")


class Watch:
    """Watches one song from the client's side.

    Args:
        settings: where data lives, and how long silence is tolerated.
        services: the servers.
        song_id: the song.
        on_event: called with what the song waits for.
    """

    def __init__(self, settings: Settings, services: Servers, song_id: str, on_event: OnEvent) -> None:
        self._settings = settings
        self._services = services
        self._song_id = song_id
        self._pass_on = on_event
        self._moved_at_s = time.monotonic()
        self._told = ""
        self._unheard_since_s: float | None = None
        self._unserved_since_s: float | None = None
        self._held_looks = 0
        self._held_since_s = 0.0
        self._verdict: AuraxError | None = None

    def on_event(self, kind: str, data: dict[str, Any]) -> None:
        """Take note that the song makes progress, and pass the event on."""
        self._moved_at_s = time.monotonic()
        self._held_looks = 0
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
            if not _succeeded(working):
                if self._verdict is not None:
                    raise self._verdict
                if watching.done():
                    watching.result()
            return working.result()
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
            await asyncio.to_thread(require_disk_space, self._settings)
            trouble = self._services.trouble()
            if trouble:
                self._held_looks = 0
            reason = trouble or await self._untaken()
            self._tell(reason)
            self._judge_supervisor(reason)

    def _judge_supervisor(self, reason: str) -> None:
        """End the supervisor when the song makes no progress because the supervisor itself is stopped."""
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
                    "end it ('aurax doctor' shows its process id) and make the song again",
                )
            self._tell("the supervisor gave no sign of life; another takes its place")

    async def _untaken(self) -> str:
        """Whether the song's next step is taken by no worker."""
        from temporalio.service import RPCError

        from aurax.adapters.temporal.client import connect
        from aurax.adapters.temporal.converter import task_queue
        from aurax.adapters.temporal.names import song_workflow_id
        from aurax.adapters.temporal.pollers import has_pollers, look_at_steps
        from aurax.adapters.temporal.queues import queue_name

        try:
            async with asyncio.timeout(self._settings.silence_s):
                client = await connect(self._settings, self._services.present_address())
                base = task_queue(client, self._settings)
                steps = await look_at_steps(client, song_workflow_id(self._song_id))
                idle = [one for one in _ALWAYS_NEEDED if not await has_pollers(client, base, one)]
                polled = not idle
                held = await self._held(client, steps) if polled and not self._services.external else ""
        except (RPCError, AuraxError):
            self._unserved_since_s = None
            self._held_looks = 0
            return "Temporal does not answer"
        except TimeoutError:
            return "Temporal does not answer"
        await self._judge_held(client, held)
        queue = "" if polled else queue_name(base, idle[0])
        if polled or not steps.untaken:
            self._unserved_since_s = None
            return self._told_of(steps)
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

    def _told_of(self, steps: Steps) -> str:
        if steps.untaken:
            return "a worker has not begun the next step yet; others may come first"
        ours = self._services.worker_identity()
        others = steps.holders - {ours}
        if ours is None or not others:
            return ""
        return (
            f"{min(others)!r} took a step of the song, which is not the worker of this data folder; "
            "unless it answers, the step is given to another one soon"
        )

    async def _held(self, client: Client, steps: Steps) -> str:
        """Why the song cannot continue although a worker listens, in words; empty when it can."""
        if steps.repeated:
            return "what comes next could not be carried out"
        if steps.untaken and not steps.begun and await self._is_only_song(client):
            return "it got none, although it listens and no other song is being made,"
        return ""

    async def _is_only_song(self, client: Client) -> bool:
        """Whether no other song of this data folder keeps its worker busy."""
        from temporalio.service import RPCError, RPCStatusCode

        from aurax.adapters.temporal.names import song_workflow_id
        from aurax.adapters.temporal.pollers import look_at_steps

        for other in Claims(self._settings.claims_dir).others(self._song_id):
            try:
                if (await look_at_steps(client, song_workflow_id(other))).begun:
                    return False
            except RPCError as error:
                if error.status != RPCStatusCode.NOT_FOUND:
                    raise
        return True

    async def _judge_held(self, client: Client, found: str) -> None:
        """End the song when nothing of it can be done, look after look, although the worker is there for it.

        Args:
            client: a connected client.
            found: why nothing can be done, in words; empty when all is well.
        """
        if not found:
            self._held_looks = 0
            return
        if not self._held_looks:
            self._held_since_s = time.monotonic()
        self._held_looks += 1
        held_s = time.monotonic() - self._held_since_s
        if self._held_looks < _HELD_LOOKS or held_s < self._settings.silence_s:
            return

        from temporalio.service import RPCError

        from aurax.adapters.temporal.names import song_workflow_id

        self._verdict = ServiceFailed(
            "the worker to get the song's next step",
            f"{found} for {held_s:.0f} s; another program may meddle with the Temporal server",
            f"make it again with 'aurax resume {self._song_id[:8]}'; if that does not help, stop AURA-X, move "
            f"{self._settings.temporal_database} away, and see docs/security.md",
        )
        with suppress(RPCError):  # the workflow itself can do nothing more
            await client.get_workflow_handle(song_workflow_id(self._song_id)).terminate("held")
        raise self._verdict

    def _tell(self, reason: str) -> None:
        if reason != self._told:
            self._told = reason
            self._pass_on(WAITING, {"reason": reason})


def _succeeded(task: asyncio.Future[Any]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None
