"""How a client finds the servers, and starts them if nobody has."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from aurax.adapters.local.runtime import RuntimeFolder, external_temporal_address
from aurax.errors import ServiceUnavailable
from aurax.settings import Settings

_UP_WITHIN_S = 60.0
_POLL_S = 0.02


class Services:
    """The servers behind a song, kept up while this is entered.

    Uses the supervisor that runs on the data folder, else starts one in the background that ends by itself when its
    last client has gone. Where the environment names a Temporal of its own, nothing is started here.

    Args:
        settings: where data lives.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._external = external_temporal_address() is not None
        self._log = settings.logs_dir / "supervisor.log"
        self._held = ExitStack()
        self._started: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        if not self._external:
            self._folder = RuntimeFolder(self._settings.run_dir)
            self._held.enter_context(self._folder.using())
            if not self._folder.is_supervised():
                self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    async def address(self) -> str | None:
        """Temporal's address, once the servers are up; None where Temporal's own configuration tells it.

        May be called again after the servers died: it brings them back.

        Raises:
            ServiceUnavailable: the servers do not come up; the message quotes the supervisor's log.
        """
        if self._external:
            return None
        deadline = time.monotonic() + _UP_WITHIN_S
        while time.monotonic() < deadline:
            runtime = self._folder.read()
            if runtime is not None:
                return runtime.temporal_address
            if not self._folder.is_supervised():
                if self._started is not None and self._started.poll() not in (None, 0, -9, -15):
                    break
                if self._started is None or self._started.poll() is not None:
                    self._start()
            await asyncio.sleep(_POLL_S)
        words = self._log.read_text(errors="replace").strip() if self._log.exists() else ""
        raise ServiceUnavailable(
            "the Temporal server and the worker to come up",
            words[-600:] or "no answer in time",
            f"see the logs in {self._settings.logs_dir}, or run 'aurax up' to watch them start",
        )

    def _start(self) -> None:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as output:
            self._started = subprocess.Popen(
                [sys.executable, "-m", "aurax", "up", "--until-idle"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
