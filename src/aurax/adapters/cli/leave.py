"""How a command ends: without Python's own tear-down, in which a thread of Temporal's library may abort it.

A thread of that library may still wait for Python's lock when the answer that it brought has been used. If Python then
begins to shut down, the process ends by SIGABRT instead of its own status
(https://github.com/temporalio/sdk-python/issues/300).
"""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable
from contextlib import suppress

_INTERRUPTED = 130
"""A shell's status for a command that was interrupted: 128 and SIGINT's number."""


def run_and_leave(work: Callable[[], None]) -> None:
    """Run a whole command and end the process with its status, once every other handler of the exit has run.

    Python's own tear-down is left out; everything before it is done: threads are joined, handlers run, output flushed.

    Args:
        work: the command; it ends by returning, by SystemExit or by another exception.
    """
    status = 1

    def leave() -> None:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):
                stream.flush()
        os._exit(status)

    atexit.register(leave)  # the first to be registered is the last to run
    try:
        work()
        status = 0
    except SystemExit as ended:
        status = _status_of(ended)
        raise
    except KeyboardInterrupt:
        status = _INTERRUPTED
        raise


def _status_of(ended: SystemExit) -> int:
    if ended.code is None:
        return 0
    return ended.code & 0xFF if isinstance(ended.code, int) else 1
