"""Ends a render process that no longer works: stopped, waiting for ever, or in a loop without end."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_LOOK_EVERY_S = 1.0
_CPU_FIELDS = slice(11, 13)
"""User and system time in clock ticks, counted after the program's name (proc_pid_stat(5))."""


@dataclass(frozen=True)
class OrderLimits:
    """How long one order may take; a clip takes well under a second, compiling an instrument a few.

    Args:
        idle_s: a process that used no processor for so long is stopped or waits for ever.
        processor_s: of one core; more is a loop without end, which another try would repeat.
        wall_s: where the system does not tell a process's use of the processor.
    """

    idle_s: float = 15.0
    processor_s: float = 40.0
    wall_s: float = 120.0


class Watchdog:
    """Watches a process while it carries out one order, and kills it when it does not work.

    Args:
        process: the process.
        limits: when it counts as hung.
    """

    def __init__(self, process: subprocess.Popen[bytes], limits: OrderLimits) -> None:
        self._process = process
        self._limits = limits
        self._done = threading.Event()
        self.looped = False
        """Whether it was killed for a loop without end."""

    def __enter__(self) -> Self:
        threading.Thread(target=self._watch, name="render-watchdog", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()

    def _watch(self) -> None:
        began = worked_at = time.monotonic()
        first = last = processor_s(self._process.pid)
        while not self._done.wait(min(_LOOK_EVERY_S, self._limits.idle_s / 4)):
            now, used = time.monotonic(), processor_s(self._process.pid)
            if used is None or first is None:
                hung = now - began > self._limits.wall_s
            else:
                worked_at = now if used != last else worked_at
                last = used
                self.looped = used - first > self._limits.processor_s
                hung = self.looped or now - worked_at > self._limits.idle_s
            if hung:
                self._process.kill()
                return


def processor_s(pid: int) -> float | None:
    """Seconds of processor time that a process has used; None where the system does not tell.

    Args:
        pid: its process id.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return sum(int(ticks) for ticks in fields[_CPU_FIELDS]) / os.sysconf("SC_CLK_TCK")
