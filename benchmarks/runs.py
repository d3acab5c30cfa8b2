"""Running the `aurax` command as a user does, with its time and the memory of everything it starts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aurax import make_song

AURAX = [sys.executable, "-m", "aurax"]


@dataclass(frozen=True)
class Run:
    """One song made by the command.

    Args:
        wall_s: from starting the command (or calling `make_song`) to its end.
        song: the content of `song.json`.
        folder: where the song lies.
        peak_memory_mb: largest sum of proportional memory over AURA-X's processes; 0 when not watched.
    """

    wall_s: float
    song: dict[str, Any]
    folder: Path
    peak_memory_mb: float

    @property
    def speed(self) -> float:
        """How many times faster than real time."""
        return float(self.song["master"]["duration_s"]) / self.wall_s


def make(data: Path, out: Path, prompt: str, *options: str, watch_memory: bool = False) -> Run:
    """Make one song.

    Args:
        data: the data folder.
        out: the song's folder.
        prompt: the wish.
        options: more options of `aurax make`.
        watch_memory: also measure memory; walking the page tables of every process slows the song down.

    Raises:
        RuntimeError: the command failed; the message holds what it said.
    """
    environment = {**os.environ, "AURAX_DATA_DIR": str(data)}
    with memory(data) if watch_memory else nullcontext([0.0]) as peak:
        started = time.perf_counter()
        done = subprocess.run(
            [*AURAX, "make", prompt, "--out", str(out), "--json", *options],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )
        wall_s = time.perf_counter() - started
    if done.returncode != 0:
        raise RuntimeError(f"{prompt!r}: {done.stdout}{done.stderr}")
    song = json.loads(done.stdout)
    return Run(wall_s, song, Path(song["folder"]), peak[0])


def make_here(data: Path, out: Path, prompt: str, seed: int) -> Run:
    """Make one song from this process, by `aurax.make_song`: what the command does, without starting Python."""
    os.environ["AURAX_DATA_DIR"] = str(data)
    started = time.perf_counter()
    folder, record = make_song(prompt, out=out, seed=seed, takes=1)
    wall_s = time.perf_counter() - started
    return Run(wall_s, record.model_dump(mode="json"), folder, 0.0)


@contextmanager
def servers(data: Path) -> Iterator[None]:
    """`aurax up` on a data folder."""
    process = subprocess.Popen(
        [*AURAX, "up"],
        env={**os.environ, "AURAX_DATA_DIR": str(data)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if b"worker runs" in line:
            break
    threading.Thread(target=process.stderr.read, daemon=True).start()
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


@contextmanager
def memory(data: Path, interval_s: float = 0.25) -> Iterator[list[float]]:
    """Watch the memory of all processes that work on a data folder; the one value is the peak in megabytes."""
    peak = [0.0]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(interval_s):
            peak[0] = max(peak[0], proportional_mb(data))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()


def proportional_mb(data: Path, kind: str = "Pss") -> float:
    """Proportional memory of all processes that work on a data folder, this one left out.

    Args:
        data: the data folder.
        kind: `Pss` for all of it, `Pss_Anon` without the pages of programs and files, which others may share meanwhile.
    """
    mark = f"AURAX_DATA_DIR={data}".encode()
    total_kib = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if int(process.name) == os.getpid() or mark not in (process / "environ").read_bytes():
                continue
            for line in (process / "smaps_rollup").read_text().splitlines():
                if line.startswith(f"{kind}:"):
                    total_kib += int(line.split()[1])
        except OSError:
            continue
    return total_kib / 1024
