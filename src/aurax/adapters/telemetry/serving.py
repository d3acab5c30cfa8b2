"""Everything that a worker tells: logs, traces, metrics, health, for as long as it works."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

from aurax import observing
from aurax.adapters.objects.reaching import reach
from aurax.adapters.telemetry.health import Health
from aurax.adapters.telemetry.health_server import Scrape, serve_health
from aurax.adapters.telemetry.logs import configure_logs
from aurax.adapters.telemetry.metrics import Metrics, fetch_metrics
from aurax.adapters.telemetry.runtime import counting_runtime
from aurax.adapters.telemetry.tracing import flush_traces, start_tracing
from aurax.errors import MissingExtra
from aurax.services.context import WorkerContext
from aurax.settings import Settings

_LOG = logging.getLogger("aurax.worker")
_NO_SONG = "0" * 32


class Telemetry:
    """What a worker tells about itself.

    Args:
        health: what probes are told.
        metrics: what scrapers are told; None where nothing counts.
    """

    def __init__(self, health: Health, metrics: Metrics | None) -> None:
        self.health = health
        self._metrics = metrics

    def watch(self, context: WorkerContext) -> None:
        """Ask the database and the store from now on, and count render processes.

        Args:
            context: what the worker works with.
        """
        self.health.watch("database", partial(context.events.events, _NO_SONG))
        self.health.watch("store", partial(reach, context.objects))
        if self._metrics is not None:
            self._metrics.ask("render_processes", lambda: len(getattr(context.pool, "worker_pids", ())))


@asynccontextmanager
async def telling(settings: Settings) -> AsyncIterator[Telemetry]:
    """Log, count and answer probes until the block ends.

    Args:
        settings: how, and where.

    Raises:
        InvalidOption: the health address cannot be listened on.
    """
    configure_logs(settings)
    health, endpoint = Health(), settings.health_endpoint
    metrics = None if endpoint is None else _metrics(health)
    listeners: tuple[observing.Listener | None, ...] = (start_tracing("aurax-worker"), metrics)
    observing.listen(*(listener for listener in listeners if listener is not None))
    try:
        if endpoint is None:
            yield Telemetry(health, None)
            return
        async with (
            _running(health),
            serve_health(endpoint, health, None if metrics is None else _scrape(metrics)) as port,
        ):
            _LOG.info("answers probes", extra={"fields": {"host": endpoint[0], "port": port}})
            yield Telemetry(health, metrics)
    finally:
        observing.listen()
        await asyncio.to_thread(flush_traces)


@asynccontextmanager
async def _running(health: Health) -> AsyncIterator[None]:
    task = asyncio.create_task(health.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _metrics(health: Health) -> Metrics | None:
    try:
        return Metrics({"worker_ready": lambda: float(health.ready)})
    except MissingExtra as error:
        _LOG.warning("no metrics", exc_info=error)
        return None


def _scrape(metrics: Metrics) -> Scrape:
    async def scrape() -> tuple[str, bytes]:
        kind, own = metrics.text()
        return kind, own + await fetch_metrics(counting_runtime()[1])

    return scrape
