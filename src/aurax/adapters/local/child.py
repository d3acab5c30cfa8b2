"""One supervised child process: started on a leash, logged, restarted with back-off, stopped by pid."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path

from aurax.adapters.local.leash import leashed
from aurax.errors import ServiceUnavailable

_FIRST_DELAY_S = 0.25
_LONGEST_DELAY_S = 10.0
_STEADY_AFTER_S = 30.0
_LOG_LIMIT_BYTES = 8_000_000


class Child:
    """A program that must keep running.

    Args:
        name: for messages and the log file.
        program: its command line.
        environment: its whole environment.
        log: file that gets its output; started over when it has grown too large.
        port: loopback port that shows it is ready; None when there is none.
    """

    def __init__(
        self, name: str, program: list[str], environment: dict[str, str], log: Path, port: int | None = None
    ) -> None:
        self.name = name
        self._program = program
        self._environment = environment
        self._log = log
        self._port = port
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Start it.

        Raises:
            ServiceUnavailable: the program cannot be started.
        """
        self._log.parent.mkdir(parents=True, exist_ok=True)
        if self._log.exists() and self._log.stat().st_size > _LOG_LIMIT_BYTES:
            self._log.unlink()
        try:
            with self._log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    *leashed(self._program),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=self._environment,
                    start_new_session=True,
                )
        except OSError as error:
            raise ServiceUnavailable(
                f"{self.name} to start", str(error), f"see {self._log} and run 'aurax doctor'"
            ) from error

    async def wait_ready(self, timeout_s: float = 30.0) -> None:
        """Wait until its port answers.

        Raises:
            ServiceUnavailable: it ended or did not answer in time; the message quotes its log.
        """
        if self._port is None:
            return
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if self._process is not None and self._process.returncode is not None:
                break
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self._port)
                writer.close()
                return
            await asyncio.sleep(0.02)
        raise ServiceUnavailable(
            f"{self.name} to answer on port {self._port}", self._last_words(), f"see {self._log}, then try again"
        )

    async def keep_running(self, stopping: asyncio.Event, on_restart: Callable[[], None]) -> None:
        """Restart it whenever it ends, until `stopping` is set."""
        delay_s, started = _FIRST_DELAY_S, time.monotonic()
        while self._process is not None:
            await self._process.wait()
            if stopping.is_set():
                return
            if time.monotonic() - started > _STEADY_AFTER_S:
                delay_s = _FIRST_DELAY_S
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), delay_s)
                return
            delay_s = min(delay_s * 2, _LONGEST_DELAY_S)
            started = time.monotonic()
            with contextlib.suppress(ServiceUnavailable):
                await self.start()
                on_restart()

    async def stop(self, timeout_s: float = 10.0) -> None:
        """Ask it to end; kill it if it does not."""
        if self._process is None or self._process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), timeout_s)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    def _last_words(self) -> str:
        try:
            lines = self._log.read_text(errors="replace").strip().splitlines()
        except OSError:
            return "no log"
        return lines[-1][-300:] if lines else "an empty log"
