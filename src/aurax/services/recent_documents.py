"""The documents read or written last, parsed, so that a dozen activities do not parse the same score."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any


class RecentDocuments:
    """A small memory of frozen values by key.

    Args:
        limit: how many to remember; the one unused for longest goes first.
    """

    def __init__(self, limit: int = 16) -> None:
        self._limit = limit
        self._values: OrderedDict[str, Any] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, key: str, value: Any) -> None:
        """Remember a value."""
        with self._lock:
            self._keep(key, value)

    def get(self, key: str, read: Callable[[], Any]) -> Any:
        """The remembered value, else what `read` gives; others wait meanwhile instead of reading it too."""
        with self._lock:
            value = self._values[key] if key in self._values else read()
            self._keep(key, value)
            return value

    def _keep(self, key: str, value: Any) -> None:
        self._values[key] = value
        self._values.move_to_end(key)
        while len(self._values) > self._limit:
            self._values.popitem(last=False)
