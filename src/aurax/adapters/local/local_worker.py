"""A supervised worker or web server: ready when it says so, hung when it falls silent."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Sequence

from aurax.adapters.local.child import Child
from aurax.adapters.local.patience import Patience
from aurax.adapters.local.start_limit import StartLimit, Stillness
from aurax.adapters.local.worker_report import Complaint, read_report
from aurax.errors import ServiceUnavailable
from aurax.settings import Settings

_TICK_S = 0.5


class LocalWorker:
    """A process of this machine that reports to its supervisor.

    Args:
        settings: where logs are.
        patience: how long it may take and be silent.
        address: Temporal's address, or the name of its profile, from the environment; set another before a launch.
        name: for messages, and of its log.
        command: its command line, which gets `--report-to`; a worker's when empty.
    """

    def __init__(
        self,
        settings: Settings,
        patience: Patience,
        address: str | None = None,
        *,
        name: str = "worker",
        command: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.address = address
        self.serves_at = ""
        """Where it answers requests, as it said when it was ready."""
        self._command = tuple(command)
        self._patience = patience
        self._namespace = settings.temporal_namespace
        self._child = Child(self.name, settings.logs_dir / f"{name}.log")
        self._step = "starting Python"
        self._ready = False
        self._complaint: Complaint | None = None
        self._heard_at_s = 0.0
        self._news = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._child.pid

    async def launch(self, within_s: float) -> None:
        """Start it and wait until it polls for work.

        Args:
            within_s: how long that may take on a machine that is not too busy.

        Raises:
            AuraxError: what the worker itself said.
            ServiceUnavailable: it ended without a word of its own, fell silent, or was not ready in time.
        """
        await self._start()
        limit, stillness = StartLimit(within_s), Stillness(self._patience.silence_s)
        ending = asyncio.create_task(self._child.wait())
        try:
            while not self._ready:
                if ending.done():
                    await self._hear_out()
                if self._complaint is not None:
                    raise self._complaint.error()
                if ending.done():
                    raise ServiceUnavailable(
                        f"the {self.name} to start", ending.result(), f"see {self._child.log}, or run 'aurax doctor'"
                    )
                if stillness.is_over(self.pid, self._heard_at_s):
                    raise ServiceUnavailable(
                        f"the {self.name} to start",
                        f"it gave no sign of life for {self._patience.silence_s:g} s, busy with {self._step}",
                        f"see {self._child.log}, then try again",
                    )
                if limit.is_over(self.pid):
                    words = self._child.last_words()
                    raise ServiceUnavailable(
                        f"the {self.name} to be ready within {limit.passed_s:.0f} s",
                        f"it was still busy with {self._step}{f'; its last words: {words}' if words else ''}",
                        f"check what that needs; see {self._child.log}",
                    )
                self._news.clear()
                news = asyncio.create_task(self._news.wait())
                await asyncio.wait({news, ending}, timeout=_TICK_S, return_when=asyncio.FIRST_COMPLETED)
                news.cancel()
        finally:
            ending.cancel()
            if not self._ready:
                await self._child.stop(0.0)

    async def watch(self) -> str:
        """Wait until it ends or hangs; returns what happened, in words."""
        ending = asyncio.create_task(self._child.wait())
        try:
            while True:
                asked = time.monotonic()
                if (await asyncio.wait({ending}, timeout=_TICK_S))[0]:
                    await self._hear_out()
                    return self._complaint.found if self._complaint is not None else ending.result()
                now = time.monotonic()
                if now - asked > 4 * _TICK_S:
                    self._heard_at_s = now  # this process itself was stopped meanwhile, its pipe is still unread
                if now - self._heard_at_s > self._patience.silence_s:
                    return f"it gave no sign of life for {self._patience.silence_s:g} s"
        finally:
            ending.cancel()

    async def stop(self, *, at_once: bool = False) -> None:
        """End it."""
        await self._child.stop(0.0 if at_once else 10.0)
        if self._listening is not None:
            self._listening.cancel()

    async def _start(self) -> None:
        self._ready, self._complaint, self._step = False, None, "starting Python"
        if self._listening is not None:
            self._listening.cancel()
        environment = dict(os.environ)
        if self.address is not None:
            # Keys and certificates of another server would have it speak TLS, which the embedded one does not.
            environment = {name: value for name, value in environment.items() if not name.startswith("TEMPORAL_")}
            environment |= {
                "TEMPORAL_ADDRESS": self.address,
                "TEMPORAL_NAMESPACE": self._namespace,
                "AURAX_EMBEDDED_TEMPORAL": "true",
            }
        reading, writing = os.pipe()
        try:
            await self._child.start(
                [*(self._command or worker_command()), "--report-to", str(writing)], environment, (writing,)
            )
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        self._heard_at_s = time.monotonic()
        self._listening = asyncio.create_task(self._listen(reading))

    async def _hear_out(self) -> None:
        """Read what an ended worker left in the pipe."""
        if self._listening is not None:
            await asyncio.wait({self._listening}, timeout=_TICK_S)

    async def _listen(self, descriptor: int) -> None:
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", buffering=0)
        )
        try:
            with contextlib.suppress(ValueError):  # a line without end is no report
                while line := await reader.readline():
                    self._take(line)
        finally:
            transport.close()

    def _take(self, line: bytes) -> None:
        report = read_report(line)
        if report is None:
            return
        self._heard_at_s = time.monotonic()
        if report.kind == "step":
            self._step = report.step
        elif report.kind == "ready":
            self._ready = True
            self.serves_at = report.address
            self._news.set()
        elif report.kind == "failed":
            self._complaint = report.complaint
            self._news.set()


def worker_command() -> list[str]:
    """The command line of a worker process."""
    return [sys.executable, "-m", "aurax", "worker"]


def web_command() -> list[str]:
    """The command line of a web server."""
    return [sys.executable, "-m", "aurax", "web"]
