"""What was measured under load, as tables."""

from __future__ import annotations

import os
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.load.model import (
    CORES_OF_WORKER,
    DATABASE_USD_PER_CORE_HOUR,
    RAM_OF_WORKER_GIB,
    STORE_READS_USD_PER_MILLION,
    USABLE,
    Need,
    PerSong,
)
from benchmarks.load.sessions import Made, Orchestration
from benchmarks.report import table

if TYPE_CHECKING:
    from benchmarks.load.run import Options


@dataclass(frozen=True)
class Result:
    """One measurement.

    Args:
        backend: what was stored in.
        workers: how many worked.
        wall_s: from the first wish to the last delivery.
        whole_s: with the reading of histories.
        made: every song.
        orchestration: what the histories tell.
        peaks_mb: memory by kind of process.
        cpu_s: processor time by kind of process.
        counted: by the workers.
        kept_bytes: in the object store at the end.
    """

    backend: str
    workers: int
    wall_s: float
    whole_s: float
    made: Sequence[Made]
    orchestration: Orchestration
    peaks_mb: Mapping[str, float]
    cpu_s: Mapping[str, float]
    counted: Mapping[str, Any]
    kept_bytes: int

    @property
    def songs_per_minute(self) -> float:
        """Throughput."""
        return 60 * len(self.made) / self.wall_s

    @property
    def audio_s_per_s(self) -> float:
        """Seconds of audio in one second."""
        return sum(one.audio_s for one in self.made) / self.wall_s

    @property
    def cpu_s_per_song(self) -> float:
        """Processor time of workers and render processes."""
        return self.cpu_s.get("workers", 0.0) / len(self.made)

    def waits_s(self, owner: str | None = None) -> list[float]:
        """From each wish until a worker began with it."""
        return [one.began_s - one.asked_s for one in self.made if owner in (None, one.owner)]

    def deliveries_s(self, owner: str | None = None) -> list[float]:
        """From each wish to its delivery."""
        return [one.delivered_s - one.asked_s for one in self.made if owner in (None, one.owner)]

    @property
    def owners(self) -> list[str]:
        """Who asked, the first first."""
        return list(dict.fromkeys(one.owner for one in self.made))

    def as_json(self) -> dict[str, Any]:
        """All of it, as JSON values."""
        work = self.orchestration
        return {
            "backend": self.backend,
            "workers": self.workers,
            "songs": len(self.made),
            "wall_s": self.wall_s,
            "songs_per_minute": self.songs_per_minute,
            "audio_s_per_s": self.audio_s_per_s,
            "cpu_s": dict(self.cpu_s),
            "peak_memory_mb": dict(self.peaks_mb),
            "waits_s": self.waits_s(),
            "deliveries_s": {owner: self.deliveries_s(owner) for owner in self.owners},
            "step_wait_s": {"median": statistics.median(work.waits_s), "p95": p95(work.waits_s)},
            "counted": dict(self.counted),
            "kept_bytes": self.kept_bytes,
            "orchestration": {name: value for name, value in vars(work).items() if name != "waits_s"},
            "takes": statistics.mean(one.takes for one in self.made),
        }


def p95(values: Sequence[float]) -> float:
    """The value that 95 of 100 do not pass."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


def texts(
    options: Options,
    load_before: float,
    results: Sequence[Result],
    unfair: Sequence[Result],
    scaled: Sequence[Result],
    requests: Mapping[str, float],
    one: PerSong,
    model: Need,
    songs_per_hour: int,
) -> list[str]:
    """Every table with what has to be said about it."""
    many, few = options.sessions
    quiet = (
        "The machine was quiet."
        if load_before < 0.5
        else f"The machine was not quiet: its load average was {load_before:.1f} before the first measurement, by "
        "other work, so times are longer and throughput is lower than on a quiet one. Counts do not depend on it."
    )
    return [
        f"{many + few} sessions are opened at once, each with a song of {options.seconds} s; one owner asks for "
        f"{many}, and then, in the same moment, another for {few}. {options.workers} workers, each a process with "
        f"its render processes. {quiet}",
        "## Sessions at once",
        table(("", *(result.backend for result in (*results, *unfair))), _at_once((*results, *unfair))),
        "Waits are counted from the request. A step is an activity: its wait is the time that it lay in the task "
        "queue. The owner of few asked last. Temporal's server gives owners equal turns where fairness is switched on "
        "(`matching.useNewMatcher`, `matching.enableFairness`), so that the ratio is far below 1; first come, first "
        "served, it is near 1, because all songs wait alike.",
        "## Cost of one song",
        table(("of one song", *(result.backend for result in results)), _costs(results)),
        "Requests that the S3 server got for one song, counted by a proxy: "
        + ", ".join(f"{count:.1f} {method}" for method, count in requests.items())
        + ".",
        "## Workers added",
        table(
            ("workers", "songs a minute", "compared with one", "CPU of workers a song", "peak memory of workers"),
            _scaling(scaled),
        ),
        f"{options.scaled_songs} songs each time, on PostgreSQL and S3, one render process for each worker. Servers, "
        f"workers and render processes share the {os.cpu_count()} cores of this machine, and these are the limit: more "
        "workers than cores cannot add throughput here. That workers need nothing of each other but the servers shows "
        "in the CPU time of a song, which grows only as far as processes compete for the cores.",
        f"## Model: {songs_per_hour:,} songs an hour",
        table(("needed", "amount"), _needs(model)),
        table(("an hour, in US dollars", "amount"), _dollars(model, songs_per_hour)),
        f"Computed from the costs of one song on PostgreSQL and S3 above, of {one.audio_s:.0f} s. Assumptions: songs "
        f"come evenly over the hour; {USABLE:.0%} of a core is planned for; a worker is a rented container of "
        f"{CORES_OF_WORKER} cores and {RAM_OF_WORKER_GIB} GiB at the prices of `prices.toml` (a stand-in, dated "
        "there), with cores as fast as these; Temporal Cloud's first tier, and object storage at R2's prices, from "
        f"`prices.toml`; reads of the store ${STORE_READS_USD_PER_MILLION} a million (Cloudflare documentation, R2 "
        f"pricing, looked up 2026-08-03); a database of ${DATABASE_USD_PER_CORE_HOUR:.2f} a core and hour (assumed, "
        "not looked up). Left out: plans' base fees, network, people. Actions are counted from histories by the rules "
        "of Temporal's documentation; heartbeats, which histories do not hold, are estimated from how long activities "
        "took: a busy machine makes them more, and a quiet one would cost fewer actions.",
    ]


def _at_once(results: Sequence[Result]) -> list[tuple[str, ...]]:
    def row(name: str, value: Any) -> tuple[str, ...]:
        return (name, *(value(result) for result in results))

    owners = results[0].owners
    rows = [
        row("from the first wish to the last delivery", lambda it: f"{it.wall_s:.0f} s"),
        row("songs a minute", lambda it: f"{it.songs_per_minute:.1f}"),
        row("seconds of audio a second", lambda it: f"{it.audio_s_per_s:.1f}"),
        row("wait until work on a song begins: median, 95 %", lambda it: _two(it.waits_s())),
        row("wait of a step in the queue: median, 95 %", lambda it: _two(it.orchestration.waits_s)),
        row("from the wish to the delivery: median, 95 %", lambda it: _two(it.deliveries_s())),
    ]
    rows += [
        row(f"… of {owner}: median", lambda it, owner=owner: f"{statistics.median(it.deliveries_s(owner)):.1f} s")
        for owner in owners
    ]
    if len(owners) > 1:
        rows.append(row("ratio of these, few to many", lambda it: f"{_fairness(it):.2f}"))
    kinds = list(dict.fromkeys(kind for result in results for kind in sorted(result.peaks_mb)))
    rows += [
        row(f"peak memory: {kind}", lambda it, kind=kind: f"{it.peaks_mb[kind]:.0f} MB" if kind in it.peaks_mb else "—")
        for kind in kinds
    ]
    return rows


def _fairness(result: Result) -> float:
    many, few = result.owners
    return statistics.median(result.deliveries_s(few)) / statistics.median(result.deliveries_s(many))


def _costs(results: Sequence[Result]) -> list[tuple[str, ...]]:
    def row(name: str, value: Any) -> tuple[str, ...]:
        return (name, *(value(result, len(result.made)) for result in results))

    return [
        row("takes", lambda it, songs: f"{sum(one.takes for one in it.made) / songs:.1f}"),
        row("CPU of workers and render processes", lambda it, _songs: f"{it.cpu_s_per_song:.1f} s"),
        *(
            row(f"CPU of the {kind}", lambda it, songs, kind=kind: f"{it.cpu_s.get(kind, 0.0) / songs:.2f} s")
            for kind in ("Temporal server", "PostgreSQL server", "S3 server")
        ),
        row("workflows", lambda it, songs: f"{it.orchestration.workflows / songs:.1f}"),
        row("activities", lambda it, songs: f"{it.orchestration.activities / songs:.1f}"),
        row("events in histories", lambda it, songs: f"{it.orchestration.events / songs:.0f}"),
        row("size of histories", lambda it, songs: f"{it.orchestration.bytes / songs / 1024:.0f} KiB"),
        row("Temporal actions, without heartbeats", lambda it, songs: f"{it.orchestration.actions / songs:.1f}"),
        row("heartbeats (estimated)", lambda it, songs: f"{it.orchestration.heartbeats / songs:.1f}"),
        row("its session: events", lambda it, songs: f"{it.orchestration.session_events / songs:.1f}"),
        row("its session: actions", lambda it, songs: f"{it.orchestration.session_actions / songs:.1f}"),
        row("database statements of the workers", lambda it, songs: _calls(it.counted["statements"], songs)),
        row("object store calls of the workers", lambda it, songs: _calls(it.counted["store_calls"], songs)),
        row("bytes written through the library", lambda it, songs: f"{it.counted['bytes_put'] / songs / 1e6:.1f} MB"),
        row("bytes kept in the store", lambda it, songs: f"{it.kept_bytes / songs / 1e6:.1f} MB"),
    ]


def _scaling(scaled: Sequence[Result]) -> list[tuple[str, ...]]:
    first = scaled[0].songs_per_minute if scaled else 1.0
    return [
        (
            str(result.workers),
            f"{result.songs_per_minute:.1f}",
            f"{result.songs_per_minute / first:.2f}",
            f"{result.cpu_s_per_song:.1f} s",
            f"{result.peaks_mb.get('workers', 0.0):.0f} MB",
        )
        for result in scaled
    ]


def _needs(model: Need) -> list[tuple[str, str]]:
    return [
        ("cores for workers", f"{model.worker_cores:.1f}"),
        (f"workers of {CORES_OF_WORKER} cores", str(model.workers)),
        ("cores for the database", str(model.database_cores)),
        ("database statements a second", f"{model.statements_per_s:.0f}"),
        ("object store requests a second", f"{model.store_requests_per_s:.0f}"),
        ("bytes written to the store a second", f"{model.store_bytes_per_s / 1e6:.1f} MB"),
        ("Temporal actions a second", f"{model.actions_per_s:.0f}"),
    ]


def _dollars(model: Need, songs_per_hour: int) -> list[tuple[str, str]]:
    rows = [(name, f"{usd:.2f}") for name, usd in model.usd_per_hour.items()]
    return [*rows, ("all", f"{model.usd:.2f}"), ("all, for one song", f"{model.usd / songs_per_hour:.5f}")]


def _two(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.1f} s, {p95(values):.1f} s"


def _calls(counted: Mapping[str, int], songs: int) -> str:
    shown = ", ".join(f"{name} {count / songs:.1f}" for name, count in sorted(counted.items(), key=lambda one: -one[1]))
    return f"{sum(counted.values()) / songs:.0f} ({shown})"
