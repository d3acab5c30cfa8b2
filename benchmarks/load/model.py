"""A paper model: from what one song takes to what many songs an hour need. Pure arithmetic, nothing is measured."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

from aurax.produce.cost.prices import Prices

HOUR_S = 3600.0
USABLE = 0.7
"""Assumption: how much of a core is planned for, so that waits stay short and restarts have room."""
CORES_OF_WORKER = 4
RAM_OF_WORKER_GIB = 8
"""One rented worker, as the price table's container has it."""
STORE_READS_USD_PER_MILLION = 0.36
"""Source: Cloudflare documentation, R2 pricing, class B operations (stored copy, looked up 2026-08-03)."""
DATABASE_USD_PER_CORE_HOUR = 0.10
"""Assumption, not looked up: a managed PostgreSQL with replica, by the core."""
LEAST_DATABASE_CORES = 2


@dataclass(frozen=True)
class PerSong:
    """What one song takes.

    Args:
        worker_cpu_s: processor time of the worker and its render processes.
        database_cpu_s: of the database server.
        statements: sent to the database.
        store_writes: requests that store or list (class A).
        store_reads: requests that fetch or look (class B).
        bytes_written: to the object store.
        bytes_kept: in the object store once the song is delivered.
        actions: of Temporal, with those of its session.
        events: in Temporal's histories.
        audio_s: length of the song.
    """

    worker_cpu_s: float
    database_cpu_s: float
    statements: float
    store_writes: float
    store_reads: float
    bytes_written: float
    bytes_kept: float
    actions: float
    events: float
    audio_s: float


@dataclass(frozen=True)
class Need:
    """What many songs an hour need.

    Args:
        worker_cores: for making them.
        workers: rented, each with `CORES_OF_WORKER`.
        database_cores: of the database server.
        statements_per_s: to the database.
        store_requests_per_s: to the object store.
        store_bytes_per_s: written to it.
        actions_per_s: of Temporal.
        usd_per_hour: by what it is spent on.
    """

    worker_cores: float
    workers: int
    database_cores: int
    statements_per_s: float
    store_requests_per_s: float
    store_bytes_per_s: float
    actions_per_s: float
    usd_per_hour: dict[str, float]

    @property
    def usd(self) -> float:
        """All of an hour."""
        return sum(self.usd_per_hour.values())


def need(one: PerSong, songs_per_hour: float, prices: Prices, on: date) -> Need:
    """What a number of songs an hour needs.

    Args:
        one: what a song takes.
        songs_per_hour: how many are made, evenly over the hour.
        prices: what things cost.
        on: the day whose prices hold.
    """
    per_s = songs_per_hour / HOUR_S
    cores = one.worker_cpu_s * per_s / USABLE
    workers = max(1, math.ceil(cores / CORES_OF_WORKER))
    database_cores = max(LEAST_DATABASE_CORES, math.ceil(one.database_cpu_s * per_s / USABLE))

    def usd(name: str) -> float:
        return float(prices.price_at(name, on).usd)

    worker_s = workers * HOUR_S
    return Need(
        worker_cores=cores,
        workers=workers,
        database_cores=database_cores,
        statements_per_s=one.statements * per_s,
        store_requests_per_s=(one.store_writes + one.store_reads) * per_s,
        store_bytes_per_s=one.bytes_written * per_s,
        actions_per_s=one.actions * per_s,
        usd_per_hour={
            "workers": worker_s * (CORES_OF_WORKER * usd("worker/core") + RAM_OF_WORKER_GIB * usd("worker/ram")),
            "Temporal actions": one.actions * songs_per_hour / 1e6 * usd("temporal/action"),
            "object store, requests": songs_per_hour
            / 1e6
            * (one.store_writes * usd("storage/r2-writes") + one.store_reads * STORE_READS_USD_PER_MILLION),
            "object store, this hour's songs for a month": one.bytes_kept * songs_per_hour / 1e9 * usd("storage/r2"),
            "database": database_cores * DATABASE_USD_PER_CORE_HOUR,
        },
    )
