"""One worker process as its pool sees it: started when first needed, replaced when it dies."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress

from aurax.errors import AuraxError, RenderFailed, StorageFull, UnwritableOutput
from aurax.render.messages import Done, Failed, Order, Reason, receive, send
from aurax.render.watchdog import OrderLimits, Watchdog

_KINDS: dict[Reason, type[AuraxError]] = {
    "instrument": RenderFailed,
    "full": StorageFull,
    "unwritable": UnwritableOutput,
}


class WorkerDied(Exception):
    """The process ended while it carried out an order."""


class WorkerProcess:
    """A render process. Used by one thread only, which must live as long as the process.

    Args:
        limits: when a process counts as hung and is ended.
    """

    def __init__(self, limits: OrderLimits | None = None) -> None:
        self._limits = limits or OrderLimits()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Id of the running process; none before its first order and after its end."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def do(self, order: Order) -> Done:
        """Carry out an order, starting the process if there is none; returns when it was carried out.

        Raises:
            WorkerDied: the process ended; the next order starts another.
            RenderFailed: the instrument gives no usable audio, or computes without end.
            StorageFull: no room for the clip.
            UnwritableOutput: the clip's folder cannot be written.
        """
        if self._process is None:
            # Not multiprocessing: its children import the program's main module again, and need a guard there.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "aurax.render.worker", str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a worker always has pipes")
        with Watchdog(process, self._limits) as watchdog:
            try:
                send(process.stdin, order)
                answer = receive(process.stdout)
            except OSError:
                answer = None
        if answer is None:
            self.close()
            if watchdog.looped:
                raise RenderFailed(
                    "an instrument that renders a clip in a few seconds",
                    f"no end after {self._limits.processor_s:g} s of computing",
                    "repair the instrument",
                )
            raise WorkerDied
        if isinstance(answer, Failed):
            raise _error(answer)
        return answer if isinstance(answer, Done) else Done()

    def close(self) -> None:
        """End the process and wait until it is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        try:
            process.wait(timeout=2.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _error(answer: Failed) -> AuraxError:
    return _KINDS[answer.reason](answer.expected, answer.found, answer.fix)
