"""Run a program that must not outlive the process that started it: `python parent_watchdog.py PARENT PROGRAM …`.

On Linux the kernel does it (PR_SET_PDEATHSIG survives exec). Elsewhere this process stays as a watchdog that polls
its parent and ends the program when the parent is gone.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time

_PR_SET_PDEATHSIG = 1
_POLL_S = 0.5


def die_with_parent(parent_pid: int, signal_number: int = signal.SIGTERM) -> None:
    """Ask the Linux kernel to signal this process when its parent ends.

    Args:
        parent_pid: who must be the parent now; if it died already, this process exits at once.
        signal_number: what the kernel sends.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(signal_number))
    if os.getppid() != parent_pid:
        raise SystemExit(1)


def ending_with_us(program: list[str]) -> list[str]:
    """The command line that runs `program` so that it ends when this process does."""
    # As a file, isolated: importing the package would cost half a second for nothing.
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *program]


def main(arguments: list[str]) -> int:
    """Run `[parent pid, program, argument…]`; returns the program's exit status where it does not replace us."""
    parent_pid, program = int(arguments[0]), arguments[1:]
    die_with_parent(parent_pid)
    if sys.platform.startswith("linux"):
        os.execvp(program[0], program)
    child = subprocess.Popen(program)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    while child.poll() is None:
        if os.getppid() != parent_pid:
            child.terminate()
        time.sleep(_POLL_S)
    return child.returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
