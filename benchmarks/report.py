"""Where results go, and what the machine is, in words."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aurax import __version__

RESULTS = Path(__file__).parent / "results"


def machine() -> str:
    """The machine in words: cores, processor, memory, system, Python."""
    processor = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor() or platform.machine(),
    )
    memory_kib = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return (
        f"{os.cpu_count()} shared cores of {processor}, {memory_kib / 2**20:.0f} GiB of memory, "
        f"{platform.system()}, Python {platform.python_version()}"
    )


def write(name: str, values: dict[str, Any], tables: Iterable[str]) -> None:
    """Write `results/<name>.json` and `results/<name>.md`, and print the tables."""
    RESULTS.mkdir(exist_ok=True)
    head = {"measured": datetime.now(UTC).date().isoformat(), "aurax_version": __version__, "machine": machine()}
    (RESULTS / f"{name}.json").write_text(json.dumps({**head, **values}, indent=2, ensure_ascii=False) + "\n")
    text = "\n\n".join(tables)
    measured = f"Measured {head['measured']} with AURA-X {__version__} on {head['machine']}."
    (RESULTS / f"{name}.md").write_text(f"# {name.capitalize()}\n\n{measured}\n\n{text}\n")
    print(text)


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [f"| {' | '.join(header)} |", f"|{'|'.join('---' for _ in header)}|"]
    lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines)


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []
