"""Main function of a render process: `python -m aurax.render.worker <parent's process id>`.

A process of its own per worker, started again (never forked), because DawDreamer's compiler must not share a process
with other threads or another LLVM. It lives until its stdin closes, that is until the pool or its process is gone.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import BinaryIO

_PARENT_DEATH = 1
"""PR_SET_PDEATHSIG of Linux's prctl."""
_DISK_FIXES = {
    "full": "free some disk space and try again",
    "unwritable": "let the clips folder inside the data folder be written",
}


def main() -> None:
    """Carry out orders from stdin until it closes."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"
    # An interrupt at the terminal reaches the whole process group; the pool decides when its workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_parent(int(sys.argv[1]))
    orders = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    # Faust and JUCE write to the native stdout and stderr.
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    _serve(orders, answers)


def _serve(orders: BinaryIO, answers: BinaryIO) -> None:
    from aurax.errors import AuraxError, is_disk_full
    from aurax.render.cache import write_clip
    from aurax.render.faust import FaustPrograms
    from aurax.render.messages import Answer, CompileVoice, Done, Failed, Reason, RenderClip, receive, send

    programs = FaustPrograms()
    while (order := receive(orders)) is not None:
        start_ns = time.time_ns()
        try:
            if isinstance(order, RenderClip):
                write_clip(order.path, programs.render(order.clip))
            elif isinstance(order, CompileVoice):
                programs.prepare(order.instrument, order.voice, order.sample_rate)
            answer: Answer = Done(start_ns, time.time_ns())
        except AuraxError as error:
            answer = Failed(error.expected, error.found, error.fix)
        except OSError as error:
            reason: Reason = "full" if is_disk_full(error) else "unwritable"
            place = order.path.parent.parent if isinstance(order, RenderClip) else "a temporary folder"
            found = f"{error.strerror or error} in {place}"
            answer = Failed("to write a clip into the cache", found, _DISK_FIXES[reason], reason)
        except Exception as error:
            answer = Failed("an instrument that renders", f"{type(error).__name__}: {error}", "repair the instrument")
        try:
            send(answers, answer)
        except OSError:
            break


def _die_with_parent(parent: int) -> None:
    """Ask Linux to end this process with the thread that started it, even while it renders."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PARENT_DEATH, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit()


if __name__ == "__main__":
    main()
    # Skip DawDreamer's static destructors, which may crash at exit.
    os._exit(0)
