"""Trials in which a server of the backend dies, stutters or slows down while a song is made."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from backends import SharedBackend
from builders.fault_proxy import Fault, FaultProxy, fault_proxy, s3_error
from laboratory import Laboratory
from outcome import Outcome
from trials import Undisturbed, delivered, settle

_WRITES = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND xact_start IS NOT NULL AND query ~* '^(insert|update|delete)'"
)


def database_killed(
    laboratory: Laboratory, normal: Undisturbed, moment_s: float, away_s: float, song: str = ""
) -> Outcome:
    """Kill the database server while a transaction of AURA-X writes, and start it again."""

    def harm(backend: SharedBackend) -> None:
        laboratory.until(moment_s)
        _wait_for_write(backend)
        laboratory.pace.check()
        backend.servers.postgres.kill()
        time.sleep(away_s)
        backend.servers.postgres.start()

    name = f"kill the database, {_long(away_s)}" + (f", {song}" if song else "")
    return _with_harm(laboratory, normal, name, harm)


def database_restarted(laboratory: Laboratory, normal: Undisturbed, moment_s: float) -> Outcome:
    """Restart the database server as an operator does."""

    def harm(backend: SharedBackend) -> None:
        laboratory.until(moment_s)
        backend.servers.postgres.restart()

    return _with_harm(laboratory, normal, "restart the database", harm)


def objects_killed(laboratory: Laboratory, normal: Undisturbed, moment_s: float, away_s: float) -> Outcome:
    """Kill the object server, and start it again."""

    def harm(backend: SharedBackend) -> None:
        laboratory.until(moment_s)
        backend.servers.s3.kill()
        time.sleep(away_s)
        backend.servers.s3.start()

    return _with_harm(laboratory, normal, f"kill the object server, {_long(away_s)}", harm)


def both_killed(laboratory: Laboratory, normal: Undisturbed, moment_s: float, away_s: float) -> Outcome:
    """Kill both servers, and start them again."""

    def harm(backend: SharedBackend) -> None:
        laboratory.until(moment_s)
        backend.servers.postgres.kill()
        backend.servers.s3.kill()
        time.sleep(away_s)
        backend.servers.bring_up()

    return _with_harm(laboratory, normal, "kill database and object server", harm)


def objects_refuse(laboratory: Laboratory, normal: Undisturbed, moment_s: float, for_s: float) -> Outcome:
    """The object store answers every request with 503 for a while."""

    def harm(proxy: FaultProxy) -> None:
        laboratory.until(moment_s)
        proxy.fail(s3_error(503, "SlowDown", "Please reduce your request rate."))
        time.sleep(for_s)
        proxy.heal()

    return _through_proxy(laboratory, normal, f"object store answers 503 for {for_s:g} s", harm)


def uploads_cut(laboratory: Laboratory, normal: Undisturbed, times: int, after_bytes: int) -> Outcome:
    """Connections break off in mid-upload."""

    def harm(proxy: FaultProxy) -> None:
        proxy.fail(Fault(cut_sent_after_bytes=after_bytes, times=times, methods=("PUT", "POST")))

    return _through_proxy(laboratory, normal, "cut uploads", harm, at_once=True)


def downloads_cut(laboratory: Laboratory, normal: Undisturbed, times: int, after_bytes: int) -> Outcome:
    """Connections break off in mid-download."""

    def harm(proxy: FaultProxy) -> None:
        proxy.fail(Fault(cut_received_after_bytes=after_bytes, times=times, methods=("GET",)))

    return _through_proxy(laboratory, normal, "cut downloads", harm, at_once=True)


def slow_store(laboratory: Laboratory, normal: Undisturbed, delay_s: float) -> Outcome:
    """Every request to the object store waits."""

    def harm(proxy: FaultProxy) -> None:
        proxy.fail(Fault(delay_s=delay_s))

    return _through_proxy(laboratory, normal, f"object store slower by {delay_s:g} s a request", harm, at_once=True)


def connections_cut(laboratory: Laboratory, normal: Undisturbed, moments_s: list[float]) -> Outcome:
    """Every connection to the database breaks off, several times."""
    backend = laboratory.backend
    assert isinstance(backend, SharedBackend)
    with fault_proxy(backend.servers.postgres.port, http=False) as proxy:
        there = replace(laboratory, environment=backend.through(None, proxy.port))

        def harm() -> None:
            laboratory.until(min(moments_s))
            for moment_s in sorted(moments_s):
                time.sleep((moment_s - min(moments_s)) / len(moments_s) / 4)
                proxy.cut_all()

        return _made(there, normal, "cut connections to the database", harm)


def database_locked(laboratory: Laboratory, normal: Undisturbed, moment_s: float, for_s: float) -> Outcome:
    """Another program holds the SQLite file."""

    def harm() -> None:
        laboratory.until(moment_s)
        file = laboratory.data / "aurax.db"
        laboratory.wait_until(file.exists, 30.0)
        with contextlib.closing(sqlite3.connect(file, timeout=30.0, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            time.sleep(for_s)
            other.execute("ROLLBACK")

    return _made(laboratory, normal, f"another program locks the database for {for_s:g} s", harm)


def slow_disk(laboratory: Laboratory, normal: Undisturbed, writers: int) -> Outcome:
    """Other programs write and flush on the same disk without a pause."""
    with _busy_disk(laboratory.folder / "noise", writers):
        return _made(laboratory, normal, f"disk busy with {writers} flushing writers", lambda: None)


def _with_harm(
    laboratory: Laboratory, normal: Undisturbed, name: str, harm: Callable[[SharedBackend], None]
) -> Outcome:
    backend = laboratory.backend
    assert isinstance(backend, SharedBackend)
    return _made(laboratory, normal, name, lambda: harm(backend))


def _through_proxy(
    laboratory: Laboratory,
    normal: Undisturbed,
    name: str,
    harm: Callable[[FaultProxy], None],
    *,
    at_once: bool = False,
) -> Outcome:
    """Make a song by way of a proxy in front of the object server.

    Args:
        laboratory: where.
        normal: the undisturbed song.
        name: of the fault.
        harm: does it.
        at_once: before the song is asked for.
    """
    backend = laboratory.backend
    assert isinstance(backend, SharedBackend)
    with fault_proxy(backend.servers.s3.port) as proxy:
        there = replace(laboratory, environment=backend.through(proxy.port, None))
        if at_once:
            harm(proxy)
        return _made(there, normal, name, (lambda: None) if at_once else lambda: harm(proxy))


def _made(laboratory: Laboratory, normal: Undisturbed, name: str, harm: Callable[[], None]) -> Outcome:
    started = time.monotonic()
    process = laboratory.make("song")
    harm()
    return settle(laboratory, normal, delivered(laboratory, normal, name, process, started))


def _wait_for_write(backend: SharedBackend) -> None:
    """Return in the middle of a transaction that writes, or after some seconds without one."""

    async def look() -> None:
        import asyncpg

        connection = await asyncpg.connect(backend.database_url)
        give_up_s = time.monotonic() + 4.0
        try:
            while time.monotonic() < give_up_s and not await connection.fetchval(_WRITES):
                await asyncio.sleep(0)
        finally:
            connection.terminate()

    asyncio.run(look())


@contextlib.contextmanager
def _busy_disk(folder: Path, writers: int) -> Iterator[None]:
    folder.mkdir(parents=True)
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_flush_for_ever, args=(folder / str(number),)) for number in range(writers)]
    for process in processes:
        process.daemon = True
        process.start()
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.join()


def _flush_for_ever(file: Path) -> None:
    block = os.urandom(1 << 20)
    with file.open("wb", buffering=0) as stream:
        while True:
            for _ in range(32):
                stream.write(block)
                os.fsync(stream.fileno())
            stream.seek(0)


def _long(away_s: float) -> str:
    return "away for long" if away_s > 10 else "back soon"
