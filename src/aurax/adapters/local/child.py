"""One child process: which ends with its parent, its output kept, stopped by pid."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Sequence
from pathlib import Path

from aurax.adapters.local.parent_watchdog import ending_with_us
from aurax.errors import ServiceUnavailable

_LOG_LIMIT_BYTES = 8_000_000
_TAIL_BYTES = 16_384
_LONGEST_WORDS = 400
_CHUNK_BYTES = 65_536
_LAST_OUTPUT_WITHIN_S = 0.5
_ENDED_POLL_S = 0.1


class Child:
    """A program that this process runs.

    Its output comes through a pipe, so that its last words are known even where no log can be written.

    Args:
        name: for messages.
        log: file that gets its output as well; started over when it has grown too large.
    """

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.log = log
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._tail = bytearray()

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    @property
    def killed(self) -> bool:
        """Whether a signal ended it."""
        return self._process is not None and (self._process.returncode or 0) < 0

    async def start(
        self,
        program: Sequence[str],
        environment: dict[str, str],
        pass_fds: Sequence[int] = (),
        folder: Path | None = None,
    ) -> None:
        """Start it.

        Args:
            program: its command line.
            environment: its whole environment.
            pass_fds: open file descriptors that it inherits.
            folder: its working folder; this process's own if left out.

        Raises:
            ServiceUnavailable: the program cannot be started.
        """
        self._tail.clear()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *ending_with_us(list(program)),
                cwd=folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env=environment,
                start_new_session=True,
                pass_fds=tuple(pass_fds),
            )
        except OSError as error:
            raise ServiceUnavailable(f"{self.name} to start", str(error), "run 'aurax doctor'") from error
        if self._process.stdout is not None:
            self._reading = asyncio.create_task(self._read(self._process.stdout))

    def has_said(self, words: str) -> bool:
        """Whether its latest output holds some words."""
        return words.encode() in self._tail

    def last_words(self) -> str:
        """The line of its output that most likely says why it ended; empty when it said nothing."""
        lines = [line.strip() for line in self._tail.decode(errors="replace").splitlines() if line.strip()]
        cries = [line for line in lines if line.startswith(("panic:", "fatal error:"))]
        return (cries or lines[-1:] or [""])[0][:_LONGEST_WORDS]

    async def wait(self) -> str:
        """Wait for its end; returns how it ended, in words."""
        if self._process is None:
            return "it never ran"
        code = await _ended(self._process)
        if self._reading is not None:
            await asyncio.wait({self._reading}, timeout=_LAST_OUTPUT_WITHIN_S)
        if code < 0:
            with contextlib.suppress(ValueError):
                return f"it was killed by {signal.Signals(-code).name}"
        return self.last_words() or f"it ended with status {code} and said nothing"

    async def stop(self, timeout_s: float = 10.0) -> None:
        """Ask it to end; kill it if it does not.

        Args:
            timeout_s: how long it may take; 0 kills at once.
        """
        if self._process is None or self._process.returncode is not None:
            return
        if timeout_s > 0:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(_ended(self._process), timeout_s)
                return
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await _ended(self._process)

    async def _read(self, output: asyncio.StreamReader) -> None:
        while chunk := await output.read(_CHUNK_BYTES):
            self._tail += chunk
            del self._tail[:-_TAIL_BYTES]
            with contextlib.suppress(OSError):  # a full disk must not stop the child
                self._append(chunk)

    def _append(self, chunk: bytes) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT_BYTES:
            self.log.unlink()
        with self.log.open("ab") as log:
            log.write(chunk)


async def _ended(process: asyncio.subprocess.Process) -> int:
    """Wait for a process's end; returns its exit status.

    Python 3.11's own `wait` returns only when the output is closed too, which a hung grandchild may hold open.
    """
    waiting = asyncio.create_task(process.wait())
    try:
        while process.returncode is None:
            await asyncio.wait({waiting}, timeout=_ENDED_POLL_S)
    finally:
        waiting.cancel()
    return process.returncode
