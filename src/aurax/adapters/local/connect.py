"""How a client finds the servers, and starts them if nobody has."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Coroutine
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from aurax.adapters.local.data_folder import open_data_folder
from aurax.adapters.local.disk_space import storage_error
from aurax.adapters.local.runtime_folder import RuntimeFolder, external_temporal_address
from aurax.errors import AuraxError, ServiceFailed, ServiceUnavailable
from aurax.settings import Settings

_UP_WITHIN_S = 50.0
_POLL_S = 0.02
_MOVED_POLL_S = 1.0
_SIGN_WITHIN_S = 6.0
_WORDS = 600
_SIGNALS = (-9, -15)
"""A supervisor that somebody killed is no reason to give up."""

T = TypeVar("T")


class Servers:
    """The servers behind a song, kept up while this is entered.

    Uses the supervisor that runs on the data folder, else starts one in the background that ends by itself when its
    last client has gone. Where the environment names a Temporal of its own, nothing is started here.

    Args:
        settings: where data lives.
        up_within_s: how long the servers may take to come up.
    """

    def __init__(self, settings: Settings, *, up_within_s: float = _UP_WITHIN_S) -> None:
        self._settings = settings
        self._up_within_s = up_within_s
        self._external = external_temporal_address() is not None
        self._log = settings.logs_dir / "supervisor.log"
        self._held = ExitStack()
        self._started: subprocess.Popen[bytes] | None = None
        self._was_supervised = False
        self._sign = (0, 0.0)
        self._ended_one = False

    def __enter__(self) -> Self:
        """Take part in the servers.

        Raises:
            InvalidOption: the data folder cannot be written.
            StorageFull: no room is left in it.
        """
        if not self._external:
            self._folder = RuntimeFolder(self._settings.run_dir)
            self._held.enter_context(self._folder.using())
            self._was_supervised = self._folder.is_supervised()
            if not self._was_supervised:
                self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    @property
    def external(self) -> bool:
        """Whether Temporal is somebody else's."""
        return self._external

    @property
    def started_here(self) -> bool:
        """Whether the servers were started for this very command."""
        return self._started is not None

    def trouble(self) -> str:
        """What is being mended at the servers now, in words; empty when all is well or nobody knows."""
        if self._external:
            return ""
        runtime = self._folder.read()
        return "the servers are started" if runtime is None else runtime.trouble

    def present_address(self) -> str | None:
        """Temporal's address now; None while there is none, or where Temporal's own configuration has it."""
        runtime = None if self._external else self._folder.read()
        return runtime.temporal_address if runtime is not None else None

    def worker_identity(self) -> str | None:
        """How this data folder's worker calls itself towards Temporal; None where that is not known."""
        runtime = None if self._external else self._folder.read()
        pid = runtime.child_pids.get("worker") if runtime is not None else None
        return f"{pid}@{socket.gethostname()}" if pid is not None else None

    def silent_s(self) -> float:
        """For how long the supervisor has shown no sign of life."""
        if self._external or not self._folder.is_supervised():
            self._sign = (0, 0.0)
            return 0.0
        sign, now = self._folder.last_sign(), time.monotonic()
        if self._sign[1] == 0.0 or sign != self._sign[0]:
            self._sign = (sign, now)  # by this process's clock, because the other may be set while it runs
        return now - self._sign[1]

    def end_silent_supervisor(self) -> bool:
        """Kill a supervisor that shows no sign of life, with its servers, so that another can take its place.

        Returns:
            Whether that was done; once is enough, so a second time it is not.
        """
        pid = None if self._external or self._ended_one else self._folder.supervisor_pid()
        if pid is None:
            return False
        self._ended_one = True
        runtime = self._folder.read()
        for one in (pid, *(runtime.child_pids.values() if runtime is not None else ())):
            with suppress(OSError):
                os.kill(one, signal.SIGKILL)
        return True

    def failure(self) -> AuraxError | None:
        """Why the servers were given up since this was entered; None while they run or may be started again."""
        if self._external or self._folder.is_supervised():
            self._was_supervised = True
            return None
        ended = self._started.poll() if self._started is not None else None
        if not self._was_supervised and ended in (None, 0, *_SIGNALS):
            return None
        failure = self._folder.failure()
        if failure is not None or ended in (None, 0, *_SIGNALS):
            return failure
        # No word could be left: the disk may be full, or the program itself is broken.
        try:
            open_data_folder(self._settings)
        except AuraxError as error:
            return error
        return self._failed(_last_words(self._log) or f"a supervisor that ended with status {ended}")

    async def address(self) -> str | None:
        """Temporal's address, once the servers are up; None where Temporal's own configuration tells it.

        May be called again after the servers died: it brings them back.

        Raises:
            AuraxError: why the servers cannot come up, as the supervisor said it.
            ServiceFailed: they do not come up in time.
        """
        if self._external:
            return None
        deadline = time.monotonic() + self._up_within_s
        while time.monotonic() < deadline:
            runtime = self._folder.read()
            if runtime is not None:
                self._was_supervised = True
                return runtime.temporal_address
            failure = self.failure()
            if failure is not None:
                raise failure
            if not self._folder.is_supervised() and (self._started is None or self._started.poll() is not None):
                self._start()
            silent_s = self.silent_s()
            if silent_s >= self._settings.silence_s and self.end_silent_supervisor():
                deadline = time.monotonic() + self._settings.start_s
            elif silent_s < _SIGN_WITHIN_S and self._folder.is_supervised():
                deadline = max(deadline, time.monotonic() + _SIGN_WITHIN_S)  # it is at work and knows its own limits
            await asyncio.sleep(_POLL_S)
        raise self._failed(f"no answer; last words: {_last_words(self._log) or 'none'}")

    async def while_at(self, address: str | None, work: Coroutine[Any, Any, T]) -> T:
        """Do work that talks to Temporal, as long as Temporal stays where it is.

        Args:
            address: what `address` gave.
            work: cancelled when Temporal moves to another port.

        Raises:
            ServiceUnavailable: it moved.
        """
        working = asyncio.ensure_future(work)
        try:
            while not (await asyncio.wait({working}, timeout=_MOVED_POLL_S))[0]:
                if self.present_address() not in (None, address):
                    raise ServiceUnavailable(f"Temporal at {address}", "it serves at another port now", "connect again")
            return working.result()
        finally:
            working.cancel()

    def _failed(self, found: str) -> ServiceFailed:
        return ServiceFailed(
            f"the Temporal server and the worker to come up within {self._up_within_s:g} s",
            found,
            f"see the logs in {self._settings.logs_dir}, or run 'aurax up' to watch them start",
        )

    def _start(self) -> None:
        self._was_supervised = False
        try:
            self._folder.forget_failure()
            self._log.parent.mkdir(parents=True, exist_ok=True)
            with self._log.open("wb") as output:
                self._started = subprocess.Popen(
                    [sys.executable, "-m", "aurax", "up", "--until-idle"],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
        except OSError as error:
            raise storage_error(error, self._log) from error


def _last_words(log: Path) -> str:
    with suppress(OSError):
        lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
        return " ".join(lines)[-_WORDS:] if lines and "Traceback" not in lines[0] else "".join(lines[-1:])
    return ""
