"""The supervisor: brings up the embedded Temporal server and the worker, keeps them up, takes them down.

`aurax up` runs one in the foreground. `aurax make` starts one in the background if none runs; that one ends by
itself when the last client has gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Sequence
from functools import partial

from aurax.adapters.local.data_folder import open_data_folder
from aurax.adapters.local.disk_space import storage_error
from aurax.adapters.local.keeper import Keeper, Server
from aurax.adapters.local.local_worker import LocalWorker
from aurax.adapters.local.patience import Patience
from aurax.adapters.local.runtime_folder import Runtime, RuntimeFolder, external_temporal_address
from aurax.adapters.local.temporal_file import bound_temporal_file
from aurax.adapters.local.temporal_server import TemporalServer
from aurax.errors import AuraxError, InvalidOption
from aurax.settings import Settings

_IDLE_POLL_S = 0.25
_FIRST_CLIENT_WITHIN_S = 20.0
_SIGN_EVERY_S = 2.0


class Supervisor:
    """Runs the servers that the settings leave to this machine.

    Args:
        settings: where data lives and which servers are external.
        until_idle: end when no client is left, instead of running until stopped.
        temporal_port: port the Temporal server must use; None for any free one.
        with_ui: also serve Temporal's own web page.
        web: command line of the web server; empty for none.
        announce: called with one line whenever something starts, restarts or stops.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        until_idle: bool = False,
        temporal_port: int | None = None,
        with_ui: bool = False,
        web: Sequence[str] = (),
        announce: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self._settings = settings
        self._until_idle = until_idle
        self._announce = announce
        open_data_folder(settings)
        self._folder = RuntimeFolder(settings.run_dir)
        self._stopping = asyncio.Event()
        patience = Patience.of(settings)
        self._external = external_temporal_address()
        self._worker = LocalWorker(settings, patience)
        self._server: TemporalServer | None = None
        if self._external is None:
            self._server = TemporalServer(
                settings,
                self._folder,
                patience,
                wanted_port=temporal_port,
                with_ui=with_ui,
                on_address=self._follow,
            )
        # The worker comes last, so that it is stopped first and can hand its tasks back to a server that answers.
        self._web = LocalWorker(settings, patience, name="web", command=web) if web else None
        present = (self._server, self._web, self._worker)
        self._servers: tuple[Server, ...] = tuple(one for one in present if one is not None)
        self._keepers = {
            server.name: Keeper(
                server, patience, partial(self._on_up, server.name), partial(self._on_down, server.name)
            )
            for server in self._servers
        }
        self._addressed = asyncio.Event()
        self._up: set[str] = set()
        self._trouble: dict[str, str] = {}

    async def run(self) -> None:
        """Run until stopped by SIGINT, SIGTERM or idleness.

        Raises:
            InvalidOption: another supervisor has the data folder, or a wanted port is taken.
            CorruptData: the Temporal server's database file is damaged.
            StorageFull: no room is left in the data folder.
            ServiceFailed: a server does not come up, or ends again and again.
            AuraxError: what the worker says against its start.
        """
        with self._folder.supervising() as alone:
            if not alone:
                if self._until_idle:
                    return  # another client was faster; its supervisor serves this one too
                raise InvalidOption(
                    f"no other AURA-X to serve {self._settings.data_dir}",
                    "one that runs already",
                    "use that one, stop it first, or set AURAX_DATA_DIR to another folder",
                )
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self._stopping.set)
            failed = True
            try:
                self._folder.forget_failure()
                self._folder.withdraw()
                bound_temporal_file(self._settings)
                await self._serve()
                failed = False
            except AuraxError as error:
                self._folder.note_failure(error)
                raise
            except OSError as error:
                raise storage_error(error, self._settings.data_dir) from error
            finally:
                self._folder.withdraw()
                self._stopping.set()
                for server in reversed(self._servers):
                    await server.stop(at_once=failed)
                    self._announce(f"{server.name} stopped")

    async def _serve(self) -> None:
        if self._server is None:
            self._addressed.set()
        keeping = [asyncio.create_task(keeper.keep()) for name, keeper in self._keepers.items() if name != "worker"]
        keeping += [asyncio.create_task(self._keep_worker()), asyncio.create_task(self._show_signs())]
        ending = asyncio.create_task(self._wait_until_idle() if self._until_idle else self._wait_stopped())
        try:
            await asyncio.wait({*keeping, ending}, return_when=asyncio.FIRST_COMPLETED)
            for task in keeping:
                if task.done():
                    task.result()
        finally:
            for task in (*keeping, ending):
                task.cancel()
            await asyncio.gather(*keeping, ending, return_exceptions=True)

    async def _keep_worker(self) -> None:
        await self._addressed.wait()
        await self._keepers["worker"].keep()

    async def _show_signs(self) -> None:
        """Let clients see that this process is not stopped."""
        while True:
            self._folder.show_sign()
            await asyncio.sleep(_SIGN_EVERY_S)

    async def _wait_stopped(self) -> None:
        await self._stopping.wait()

    async def _wait_until_idle(self) -> None:
        started = time.monotonic()
        had_client = False
        while not self._stopping.is_set():
            had_client = had_client or self._folder.has_clients()
            may_retire = had_client or time.monotonic() - started > _FIRST_CLIENT_WITHIN_S
            if may_retire and self._folder.retire_if_unused():
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _IDLE_POLL_S)

    def _follow(self, address: str) -> None:
        """Let the worker work for the server at its present port."""
        moved = self._worker.address not in (None, address)
        self._worker.address = address
        self._addressed.set()
        if moved:
            self._keepers["worker"].restart()

    def _on_up(self, name: str, again: bool) -> None:
        self._up.add(name)
        self._trouble.pop(name, None)
        pid = next(server.pid for server in self._servers if server.name == name)
        where = f" at {self._web.serves_at}" if self._web is not None and name == self._web.name else ""
        self._announce(f"{name} {'was started again' if again else 'runs'}{where} (pid {pid})")
        self._publish()

    def _on_down(self, name: str, reason: str) -> None:
        self._trouble[name] = f"{name} is started again, because {reason}"
        self._announce(self._trouble[name])
        self._publish()

    def _publish(self) -> None:
        """Tell clients where the servers are, once all that a song needs have been up; the web server may be later."""
        web = self._web.name if self._web is not None else ""
        if not {server.name for server in self._servers} - {web} <= self._up:
            return
        try:
            self._folder.publish(
                Runtime(
                    supervisor_pid=os.getpid(),
                    temporal_address=self._server.address if self._server is not None else self._external or "",
                    ui_address=self._server.ui_address if self._server is not None else None,
                    child_pids={server.name: server.pid for server in self._servers if server.pid is not None},
                    web_address=self._web.serves_at if self._web is not None and web in self._up else None,
                    trouble="; ".join(what for name, what in self._trouble.items() if name != web),
                )
            )
        except OSError as error:
            raise storage_error(error, self._settings.run_dir) from error
