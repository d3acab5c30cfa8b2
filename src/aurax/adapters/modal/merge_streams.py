"""Several streams at the same time, merged into one."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterator, Sequence

from aurax.engines.engine import Cancel, Chunk
from aurax.engines.retrying import renamed, total_usage
from aurax.engines.runtime import Usage

Part = tuple[Sequence[int], Callable[[Cancel], Iterator[Chunk | Usage]]]
"""The numbers of a part's candidates among all, and what makes them."""


class StreamMerger:
    """Runs parts of one call in threads.

    Args:
        cancel: ends them all.
    """

    def __init__(self, cancel: Cancel) -> None:
        self._cancel = cancel
        self._stop = threading.Event()
        self._items: queue.Queue[tuple[int, Chunk | Usage | BaseException | None]] = queue.Queue(maxsize=64)

    def is_set(self) -> bool:
        """Whether the parts should stop: cancelled, or one of them failed."""
        return self._stop.is_set() or self._cancel.is_set()

    def run(self, parts: Sequence[Part]) -> Generator[Chunk | Usage]:
        """Stream all parts; one `Usage` comes last, their sum, before the error if one failed.

        Args:
            parts: each with its own candidates.

        Raises:
            AuraxError: of the part that failed first; the others are stopped.
        """
        threads = [
            threading.Thread(target=self._work, args=(index, make), daemon=True, name=f"part-{index}")
            for index, (_, make) in enumerate(parts)
        ]
        shares = [len(group) for group, _ in parts]
        progress = [0.0] * len(parts)
        usages: list[Usage] = []
        failed: BaseException | None = None
        left = len(parts)
        for thread in threads:
            thread.start()
        try:
            while left:
                index, item = self._items.get()
                if item is None:
                    left -= 1
                elif isinstance(item, Usage):
                    usages.append(item)
                elif isinstance(item, BaseException):
                    failed = failed or item
                    self._stop.set()
                elif failed is None:
                    progress[index] = item.progress
                    whole = sum(part * share for part, share in zip(progress, shares, strict=True)) / sum(shares)
                    chunk = renamed(item, parts[index][0])
                    yield Chunk(chunk.audio, whole, chunk.measurements)
        finally:
            self._stop.set()
            while left:
                left -= self._items.get()[1] is None
        if usages:
            yield total_usage(usages)
        if failed is not None:
            raise failed

    def _work(self, index: int, make: Callable[[Cancel], Iterator[Chunk | Usage]]) -> None:
        try:
            for item in make(self):
                self._items.put((index, item))
        except BaseException as error:
            self._items.put((index, error))
        finally:
            self._items.put((index, None))
