"""Keeping one server up: restarted when it ends or hangs, given up when that is of no use."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from aurax.adapters.local.patience import Patience
from aurax.errors import AuraxError, ServiceFailed

_LEAST_START_S = 3.0
"""With less time left, another try is not worth beginning."""


class Server(Protocol):
    """What a keeper keeps up."""

    @property
    def name(self) -> str:
        """For messages."""

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""

    async def launch(self, within_s: float) -> None:
        """Start it and wait until it serves.

        Args:
            within_s: how long that may take.

        Raises:
            AuraxError: it does not; `retryable` says whether another try can help.
        """

    async def watch(self) -> str:
        """Wait until it no longer serves; returns why, in words."""

    async def stop(self, *, at_once: bool = False) -> None:
        """End it."""


class Keeper:
    """Keeps one server up.

    Args:
        server: the server.
        patience: how many tries and deaths are tolerated.
        on_up: called whenever it serves, with whether that was a restart.
        on_down: called whenever it does not serve, with the reason in words.
    """

    def __init__(
        self, server: Server, patience: Patience, on_up: Callable[[bool], None], on_down: Callable[[str], None]
    ) -> None:
        self._server = server
        self._patience = patience
        self._on_up = on_up
        self._on_down = on_down
        self._deaths: deque[float] = deque()
        self._restart = asyncio.Event()

    def restart(self) -> None:
        """Have the server started again, because what it works with has changed."""
        self._restart.set()

    async def keep(self) -> None:
        """Keep the server up until cancelled.

        Raises:
            AuraxError: an error that no other try can mend, as the server said it.
            ServiceFailed: it does not start, or ends again and again.
        """
        again = False
        while True:
            await self._bring_up()
            self._on_up(again)
            again = True
            reason = await self._wait_down()
            if reason is None:
                await self._server.stop(at_once=True)  # what it works with is gone, so it could hand nothing back
                continue
            self._on_down(reason)
            await self._server.stop(at_once=True)
            await asyncio.sleep(self._patience.delay_s(self._count_death(reason)))

    async def _bring_up(self) -> None:
        began, failures = time.monotonic(), 0
        first: AuraxError | None = None
        while True:
            self._restart.clear()
            left_s = self._patience.start_s - (time.monotonic() - began)
            try:
                await self._server.launch(left_s)
            except AuraxError as error:
                if not error.retryable:
                    raise
                failures += 1
                first = first or error
                passed_s = time.monotonic() - began
                if passed_s > self._patience.start_s - _LEAST_START_S or failures >= self._patience.tries:
                    # A later try may have been cut short, so the first says most.
                    raise ServiceFailed(
                        first.expected, f"{first.found} (tries: {failures}, in {passed_s:.0f} s)", first.fix
                    ) from error
                self._on_down(error.found)
                await asyncio.sleep(self._patience.delay_s(failures))
            else:
                return

    async def _wait_down(self) -> str | None:
        """Why the server no longer serves; None when it should be started again."""
        watching = asyncio.create_task(self._server.watch())
        restarting = asyncio.create_task(self._restart.wait())
        try:
            await asyncio.wait({watching, restarting}, return_when=asyncio.FIRST_COMPLETED)
            return watching.result() if watching.done() else None
        finally:
            watching.cancel()
            restarting.cancel()

    def _count_death(self, reason: str) -> int:
        """Note a death; returns how many there were lately."""
        now = time.monotonic()
        self._deaths.append(now)
        while self._deaths[0] < now - self._patience.window_s:
            self._deaths.popleft()
        if len(self._deaths) > self._patience.deaths:
            raise ServiceFailed(
                f"the {self._server.name} to keep running",
                f"it ended {len(self._deaths)} times in {now - self._deaths[0]:.0f} s; the last time: {reason}",
                "see the logs in the data folder, or run 'aurax doctor'",
            )
        return len(self._deaths)
