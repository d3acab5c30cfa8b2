"""The way to Temporal, through deaths and moves of the servers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from aurax.adapters.local.connect import Servers
from aurax.adapters.temporal.client import connect
from aurax.errors import AuraxError, ServiceUnavailable
from aurax.settings import Settings

if TYPE_CHECKING:
    from temporalio.client import Client

_RETRY_S = 0.2
_LOOK_S = 0.5

T = TypeVar("T")


class TemporalLink:
    """Reaches Temporal wherever it is.

    Args:
        settings: where data lives, and how long servers may take to start.
        services: the servers, kept up by the caller.
    """

    def __init__(self, settings: Settings, services: Servers) -> None:
        self._settings = settings
        self._services = services
        self._lock = asyncio.Lock()
        self._address: str | None = None
        self._client: Client | None = None
        self._cleared = False

    async def ask(self, work: Callable[[Client], Awaitable[T]]) -> T:
        """Do what may be repeated, until Temporal answers.

        Args:
            work: gets a connected client; repeated with another one when the servers moved.

        Raises:
            AuraxError: of the work, or why the servers do not come up.
        """
        give_up_s: float | None = None
        while True:
            try:
                client = await self._connected()
                return await self._while_up(work(client))
            except ServiceUnavailable:
                self._client = None
                now_s = time.monotonic()
                give_up_s = give_up_s if give_up_s is not None else now_s + self._settings.start_s
                if now_s >= give_up_s:
                    raise
                await asyncio.sleep(_RETRY_S)

    async def _connected(self) -> Client:
        async with self._lock:
            address = await self._services.address()
            if self._client is None or address != self._address:
                client = await connect(self._settings, address)
                await self._clear(client)
                self._client, self._address = client, address
            return self._client

    async def _clear(self, client: Client) -> None:
        """Whoever starts the servers ends the songs that nobody waits for."""
        if self._cleared or not self._services.started_here:
            return
        from aurax.adapters.local.abandoned import cancel_abandoned

        self._cleared = True
        await cancel_abandoned(self._settings, client, but="")

    async def _while_up(self, work: Awaitable[T]) -> T:
        working = asyncio.ensure_future(work)
        try:
            while not (await asyncio.wait({working}, timeout=_LOOK_S))[0]:
                failure: AuraxError | None = self._services.failure()
                if failure is not None:
                    raise failure
                if self._services.present_address() not in (None, self._address):
                    raise ServiceUnavailable("Temporal where it was", "it serves at another port now", "connect again")
            return working.result()
        finally:
            working.cancel()
