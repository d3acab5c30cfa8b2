"""Memory of all processes together: a ten-minute song, two at once, and thirty songs in a row in one worker."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks import report
from benchmarks.runs import make, memory, proportional_mb, servers

LONG = "synthwave, 100 bpm, 10 minutes"
SHORT = "lofi, 30 seconds"
IN_A_ROW = 30
COMPARED_WITH = 5


def main() -> None:
    """Measure, and write one table and one JSON."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        data = folder / "data"
        with servers(data):
            after = []
            for number in range(IN_A_ROW):
                make(data, folder / f"short-{number}", SHORT, "--seed", str(number), "--takes", "1")
                after.append(proportional_mb(data))
            one = make(data, folder / "long", LONG, "--seed", "5", "--takes", "1", watch_memory=True)
            with memory(data) as peak, ThreadPoolExecutor(2) as threads:
                list(
                    threads.map(
                        lambda seed: make(data, folder / f"long-{seed}", LONG, "--seed", str(seed), "--takes", "1"),
                        (6, 7),
                    )
                )
    early, late = after[COMPARED_WITH - 1], after[-1]
    values = {
        "peak_10_min_mb": round(one.peak_memory_mb),
        "peak_two_10_min_mb": round(peak[0]),
        f"after_{COMPARED_WITH}_songs_mb": round(early),
        f"after_{IN_A_ROW}_songs_mb": round(late),
    }
    rows = [
        ("peak, one 10-minute song", f"{one.peak_memory_mb:.0f} MB"),
        ("peak, two 10-minute songs at once", f"{peak[0]:.0f} MB"),
        (f"servers after {COMPARED_WITH} songs of 30 s", f"{early:.0f} MB"),
        (f"servers after {IN_A_ROW} songs of 30 s", f"{late:.0f} MB"),
    ]
    report.write("memory", values, [report.table(("all processes, shared pages counted once", "memory"), rows)])


if __name__ == "__main__":
    main()
