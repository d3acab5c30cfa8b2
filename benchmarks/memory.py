"""Memory of all processes and growth of the data folder: long songs, two at once, thirty in a row in one worker."""

from __future__ import annotations

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks import report
from benchmarks.runs import make, memory, proportional_mb, servers

LONG = "synthwave, 100 bpm, 10 minutes"
SHORT = "lofi, 30 seconds"
IN_A_ROW = 30
COMPARED_WITH = 5
KEPT_BYTES = 128 * 1024**2
"""Bound of the songs' files here: small enough that thirty songs would pass it."""


def main() -> None:
    """Measure, and write one table and one JSON."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        data = folder / "data"
        os.environ["AURAX_KEEP_BYTES"] = str(KEPT_BYTES)
        with servers(data):
            after, made_mb = [], 0.0
            for number in range(IN_A_ROW):
                song = make(data, folder / f"short-{number}", SHORT, "--seed", str(number), "--takes", "1")
                made_mb += _size_mb(song.folder)
                after.append(proportional_mb(data, "Pss_Anon"))
            kept_mb, whole_mb = _size_mb(data / "objects"), _size_mb(data)
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
        "delivered_mb": round(made_mb),
        "stored_mb": round(kept_mb),
        "data_folder_mb": round(whole_mb),
    }
    rows = [
        ("peak, one 10-minute song", f"{one.peak_memory_mb:.0f} MB"),
        ("peak, two 10-minute songs at once", f"{peak[0]:.0f} MB"),
        (f"servers after {COMPARED_WITH} songs of 30 s, without pages of files", f"{early:.0f} MB"),
        (f"servers after {IN_A_ROW} songs of 30 s, without pages of files", f"{late:.0f} MB"),
    ]
    stored = [
        ("the delivered folders", f"{made_mb:.0f} MB"),
        (f"stored files of songs, bound to {KEPT_BYTES / 1024**2:.0f} MB", f"{kept_mb:.0f} MB"),
        ("the whole data folder: clips, history and logs too", f"{whole_mb:.0f} MB"),
    ]
    texts = [
        report.table(("all processes, shared pages counted once", "memory"), rows),
        report.table((f"on the disk after {IN_A_ROW} songs", "size"), stored),
    ]
    report.write("memory", values, texts)


def _size_mb(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1024**2


if __name__ == "__main__":
    main()
