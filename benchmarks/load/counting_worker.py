"""A worker that counts: `python -m benchmarks.load.counting_worker FILE DESCRIPTOR`.

It runs `aurax worker`, which reports on the descriptor, and then writes FILE.

It counts the statements that SQLAlchemy sends and the calls of the object store, in the worker itself, so that a server
of any kind can stand behind it.
"""

from __future__ import annotations

import json
import resource
import runpy
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import obstore
from sqlalchemy import Engine, event

_CALLS = ("put", "get", "head", "delete", "list", "copy")


class Counts:
    """What a worker has asked of its servers so far."""

    def __init__(self) -> None:
        self.statements: Counter[str] = Counter()
        self.store_calls: Counter[str] = Counter()
        self.bytes_put = 0

    def watch(self) -> None:
        """Begin to count."""
        event.listen(Engine, "before_cursor_execute", self._count_statement)
        for name in _CALLS:
            setattr(obstore, name, self._counted(name, getattr(obstore, name)))

    def as_json(self) -> dict[str, Any]:
        """Everything, as JSON values."""
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return {
            "statements": dict(self.statements),
            "store_calls": dict(self.store_calls),
            "bytes_put": self.bytes_put,
            "cpu_s": sum(one.ru_utime + one.ru_stime for one in used),
        }

    def _count_statement(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        self.statements[statement.split(None, 1)[0].upper()] += 1

    def _counted(self, name: str, function: Any) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            self.store_calls[name] += 1
            if name == "put":
                self.bytes_put += _size(args[2] if len(args) > 2 else options.get("file"))
            return function(*args, **options)

        return call


def main(report: Path, descriptor: str) -> None:
    """Run the worker, and write what it did when it is told to stop."""
    counts = Counts()
    counts.watch()
    sys.argv = ["aurax", "worker", "--report-to", descriptor]
    try:
        runpy.run_module("aurax", run_name="__main__", alter_sys=True)
    finally:
        report.write_text(json.dumps(counts.as_json()))


def _size(content: Any) -> int:
    if isinstance(content, Path):
        return content.stat().st_size
    return len(content) if isinstance(content, bytes | bytearray | memoryview) else 0


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
