"""`python -m benchmarks load [options]`: fifty sessions at once on one machine, workers added, and a paper model."""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aurax.produce.cost.prices import Prices
from benchmarks import report
from benchmarks.load.model import PerSong, need
from benchmarks.load.sessions import Made, Orchestration, play, wishes
from benchmarks.load.stand import NAMES, Where, stand
from benchmarks.load.tables import Result, texts

MANY, FEW = "the owner of many", "the owner of few"
SONGS_PER_HOUR = 10_000
_RENDER_PROCESSES = 2
_WRITES = frozenset({"PUT", "POST", "DELETE"})


@dataclass(frozen=True)
class Options:
    """What is measured.

    Args:
        sessions: how many of one owner, and of the other.
        seconds: length of every song.
        workers: how many make the songs of the big measurement.
        scaled: how many workers are tried; empty leaves it out.
        scaled_songs: how many songs each of these tries makes.
        counted_songs: how many songs pass the counting proxy; 0 leaves it out.
        backends: what is stored in.
        unfair: how many sessions of both owners the last backend makes once more, first come, first served; None for
            none.
    """

    sessions: tuple[int, int] = (45, 5)
    seconds: int = 30
    workers: int = 2
    scaled: tuple[int, ...] = (1, 2, 4)
    scaled_songs: int = 12
    counted_songs: int = 4
    backends: tuple[Where, ...] = ("folder", "shared")
    unfair: tuple[int, int] | None = (18, 2)


QUICK = Options(sessions=(2, 1), seconds=8, workers=1, scaled=(), counted_songs=0, backends=("shared",), unfair=None)
"""For the tests, which look at the structure alone."""


def main(arguments: Sequence[str]) -> None:
    """Measure, and write one table and one JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks load")
    parser.add_argument("--quick", action="store_true", help="a few short songs; prints and writes nothing")
    parser.add_argument("--only", choices=list(NAMES), help="one backend")
    chosen = parser.parse_args(arguments)
    options = QUICK if chosen.quick else Options()
    if chosen.only:
        options = Options(**{**vars(options), "backends": (chosen.only,)})
    values, found = measure(options)
    if chosen.quick or chosen.only:
        print("\n\n".join(found))
    else:
        report.write("load", values, found)


def measure(options: Options) -> tuple[dict[str, Any], list[str]]:
    """Measure everything.

    Args:
        options: what.

    Returns:
        The values, and the tables in their order.
    """
    load_before = os.getloadavg()[0]
    results = [_many(where, options, options.sessions, fair=True) for where in options.backends]
    unfair = [_many(options.backends[-1], options, options.unfair, fair=False)] if options.unfair else []
    scaled = [_scaled(count, options) for count in options.scaled]
    requests = _requests(options) if options.counted_songs else {}
    one = _per_song(results[-1], requests)
    on = datetime.now(UTC).date()
    model = need(one, SONGS_PER_HOUR, Prices.load(), on)
    values = {
        "options": vars(options),
        "load_average_before": load_before,
        "backends": [result.as_json() for result in (*results, *unfair)],
        "scaling": [
            {"workers": count, "songs_per_minute": result.songs_per_minute, "cpu_s_per_song": result.cpu_s_per_song}
            for count, result in zip(options.scaled, scaled, strict=True)
        ],
        "requests_per_song": requests,
        "per_song": vars(one),
        "model": {**vars(model), "usd": model.usd, "songs_per_hour": SONGS_PER_HOUR},
    }
    return values, texts(options, load_before, results, unfair, scaled, requests, one, model, SONGS_PER_HOUR)


def _many(where: Where, options: Options, sessions: tuple[int, int], *, fair: bool) -> Result:
    """Many sessions of two owners at once."""
    with tempfile.TemporaryDirectory(prefix="aurax-load-") as scratch, stand(where, Path(scratch), fair=fair) as there:
        there.start_workers(options.workers, _RENDER_PROCESSES)
        many, few = sessions
        asked = wishes({MANY: many, FEW: few}, options.seconds)
        before = there.cpu_s()
        with there.memory() as peaks:
            began = time.monotonic()
            made, orchestration = play(there.environment, asked)
            wall_s = max(one.delivered_s for one in made) - min(one.asked_s for one in made)
            whole_s = time.monotonic() - began
        cpu_s = {kind: spent - before.get(kind, 0.0) for kind, spent in there.cpu_s().items()}
        kept_bytes = _stored_bytes(Path(scratch), where)
        counted = there.stop_workers()
    name = NAMES[where] if fair else f"{NAMES[where]}, {sum(sessions)} sessions, first come, first served"
    return Result(name, options.workers, wall_s, whole_s, made, orchestration, peaks, cpu_s, counted, kept_bytes)


def _scaled(workers: int, options: Options) -> Result:
    """Fewer songs, with a number of workers of one render process each."""
    with tempfile.TemporaryDirectory(prefix="aurax-load-") as scratch, stand("shared", Path(scratch)) as there:
        there.start_workers(workers, 1)
        before = there.cpu_s()
        with there.memory() as peaks:
            began = time.monotonic()
            made, orchestration = play(there.environment, wishes({MANY: options.scaled_songs}, options.seconds))
            whole_s = time.monotonic() - began
        wall_s = max(one.delivered_s for one in made) - min(one.asked_s for one in made)
        cpu_s = {kind: spent - before.get(kind, 0.0) for kind, spent in there.cpu_s().items()}
        counted = there.stop_workers()
    return Result(NAMES["shared"], workers, wall_s, whole_s, made, orchestration, peaks, cpu_s, counted, 0)


def _requests(options: Options) -> dict[str, float]:
    """Requests that an object server gets for one song, by their method, as a proxy in front of it counts them."""
    with (
        tempfile.TemporaryDirectory(prefix="aurax-load-") as scratch,
        stand("shared", Path(scratch), count_requests=True) as there,
    ):
        there.start_workers(1, _RENDER_PROCESSES)
        assert there.proxy is not None
        before = len(there.proxy.requests)
        play(there.environment, wishes({MANY: options.counted_songs}, options.seconds))
        lines = there.proxy.requests[before:]
        there.stop_workers()
    methods = sorted({line.split(" ")[0] for line in lines})
    return {method: sum(line.startswith(f"{method} ") for line in lines) / options.counted_songs for method in methods}


def _per_song(result: Result, requests: dict[str, float]) -> PerSong:
    songs = len(result.made)
    work = result.orchestration
    return PerSong(
        worker_cpu_s=result.cpu_s_per_song,
        database_cpu_s=result.cpu_s.get("PostgreSQL server", 0.0) / songs,
        statements=sum(result.counted["statements"].values()) / songs,
        store_writes=sum(count for method, count in requests.items() if method in _WRITES),
        store_reads=sum(count for method, count in requests.items() if method not in _WRITES),
        bytes_written=result.counted["bytes_put"] / songs,
        bytes_kept=result.kept_bytes / songs,
        actions=(work.actions + work.heartbeats + work.session_actions) / songs,
        events=(work.events + work.session_events) / songs,
        audio_s=statistics.mean(one.audio_s for one in result.made),
    )


def _stored_bytes(scratch: Path, where: Where) -> int:
    store = scratch / "s3" / "bucket" if where == "shared" else scratch / "data" / "objects"
    return sum(path.stat().st_size for path in store.rglob("*") if path.is_file())


__all__ = ["QUICK", "Made", "Options", "Orchestration", "main", "measure"]
