"""Memory for whole songs: steps that hold full-length audio take turns where together they would need too much.

A step claims what it will hold, in full-length stereo buffers. Claims are served in the order in which they came, so
that a long song is not overtaken forever by short ones; one that exceeds the whole budget waits until it is alone.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager

BUDGET_BYTES = 1000 * 1024**2
"""For all songs together: one step of a ten-minute song, or of three three-minute songs at once."""
GIVEN_BACK_FROM_BYTES = 500 * 1024**2
"""Steps that claim less leave what they freed to the next step, which is quicker."""
MIX_BUFFERS, MASTER_BUFFERS, JUDGE_BUFFERS, DELIVER_BUFFERS = 3.5, 5.0, 3.5, 3.0
"""Full-length stereo buffers that each step holds at its peak, measured."""
_FRAME_BYTES = 8
_POLL_S = 0.1


class MemoryBudget:
    """A bound on what may be claimed at the same time.

    Args:
        limit_bytes: for all claims together.
        give_back: hands freed memory back to the system; called after large claims and at the end of a song.
    """

    def __init__(self, limit_bytes: int = BUDGET_BYTES, give_back: Callable[[], None] = lambda: None) -> None:
        self._limit_bytes = limit_bytes
        self.give_back = give_back
        self._free_bytes = limit_bytes
        self._waiting: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def claim(self, frames: int, buffers: float, cancelled: threading.Event) -> Iterator[None]:
        """Wait for room, and hold it while inside.

        Args:
            frames: length of the song.
            buffers: how many stereo buffers of that length the step holds.
            cancelled: set it to stop waiting.

        Raises:
            concurrent.futures.CancelledError: `cancelled` was set before there was room.
        """
        wanted_bytes = round(frames * _FRAME_BYTES * buffers)
        held_bytes = min(wanted_bytes, self._limit_bytes)
        self._take(held_bytes, cancelled)
        try:
            yield
        finally:
            if wanted_bytes >= GIVEN_BACK_FROM_BYTES:
                self.give_back()
            with self._changed:
                self._free_bytes += held_bytes
                self._changed.notify_all()

    def _take(self, held_bytes: int, cancelled: threading.Event) -> None:
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
            try:
                while self._waiting[0] is not ticket or self._free_bytes < held_bytes:
                    if cancelled.is_set():
                        raise CancelledError("given up while waiting for memory")
                    self._changed.wait(_POLL_S)
                self._free_bytes -= held_bytes
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()
