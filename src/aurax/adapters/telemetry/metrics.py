"""Metrics for Prometheus: what AURA-X counts, and the numbers of Temporal's own library."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal

from aurax.errors import MissingExtra
from aurax.observing import Attribute
from aurax.version import __version__

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

_QUICK_S = (0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0)
_WORK_S = (0.05, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
_SCRAPE_WITHIN_S = 2.0
_LARGEST_SCRAPE_BYTES = 4_000_000


@dataclass(frozen=True)
class Metric:
    """One row of the table of metrics.

    Args:
        name: as the rooms tell it; Prometheus has it with `aurax_` before, and counters with `_total` after it.
        kind: of Prometheus.
        labels: what tells its series apart.
        meaning: its help.
        bounds: upper bounds of a histogram's buckets.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    meaning: str
    bounds: tuple[float, ...] = _WORK_S

    @property
    def exposed(self) -> str:
        """Its name in Prometheus."""
        return f"aurax_{self.name}{'_total' if self.kind == 'counter' else ''}"


METRICS: tuple[Metric, ...] = (
    Metric("songs", "counter", ("outcome", "passed"), "Songs that ended here: delivered, failed or cancelled."),
    Metric("stage_seconds", "histogram", ("stage",), "How long a piece of a stage's work took."),
    Metric("activity_seconds", "histogram", ("activity", "outcome"), "How long an activity ran, and how it ended."),
    Metric("queue_wait_seconds", "histogram", ("activity",), "From an activity's scheduling to its start.", _QUICK_S),
    Metric("activities_running", "gauge", ("activity",), "Activities that run now."),
    Metric("clips", "counter", ("outcome",), "Clips that tracks needed: in the cache (hit), or rendered (miss)."),
    Metric("object_reads", "counter", ("outcome",), "Objects of a remote store: in the local cache (hit), or fetched."),
    Metric("operation_seconds", "histogram", ("operation",), "How long a call of store or database took.", _QUICK_S),
    Metric("cost_usd", "counter", ("stage",), "Dollars that paid calls cost, by the ledger's stages."),
    Metric("render_deaths", "counter", (), "Render processes that died at work and were replaced."),
)
"""Everything that is counted here."""

_GAUGES = {
    "render_processes": "Render processes that run now.",
    "worker_ready": "1 while the worker can do work, else 0.",
}
"""What is asked for when somebody looks."""


class Metrics:
    """Counts what the rooms tell; a listener of `observing`.

    Args:
        gauges: called at every look, by name; names of `render_processes` and `worker_ready`.

    Raises:
        MissingExtra: the extra `telemetry` is not installed.
    """

    def __init__(self, gauges: dict[str, Callable[[], float]] | None = None) -> None:
        client = _prometheus()
        client.disable_created_metrics()
        self.registry: CollectorRegistry = client.CollectorRegistry()
        client.ProcessCollector(registry=self.registry)
        self._metrics: dict[str, Any] = {}
        for metric in METRICS:
            options: dict[str, Any] = {"registry": self.registry}
            if metric.kind == "histogram":
                options["buckets"] = metric.bounds
            kind = {"counter": client.Counter, "gauge": client.Gauge, "histogram": client.Histogram}[metric.kind]
            self._metrics[metric.name] = kind(f"aurax_{metric.name}", metric.meaning, metric.labels, **options)
        for name, meaning in _GAUGES.items():
            gauge = client.Gauge(f"aurax_{name}", meaning, registry=self.registry)
            self._metrics[name] = gauge
        for name, ask in (gauges or {}).items():
            self.ask(name, ask)
        build = client.Gauge("aurax_build", "Always 1.", ("version",), registry=self.registry)
        build.labels(__version__).set(1)

    def ask(self, name: str, value: Callable[[], float]) -> None:
        """Have a gauge asked for at every look.

        Args:
            name: `render_processes` or `worker_ready`.
            value: what it is now.
        """
        self._metrics[name].set_function(value)

    def span(self, name: str, _attributes: dict[str, Attribute]) -> AbstractContextManager[None]:
        """Time a call of store or database."""
        return self._timed(name) if name.startswith(("store.", "database.")) else nullcontext()

    def past_span(self, name: str, start_ns: int, end_ns: int, attributes: dict[str, Attribute]) -> None:
        """Work of other processes is counted where it is asked for."""

    def mark(self, attributes: dict[str, Attribute]) -> None:
        """Nothing is counted by attributes."""

    def count(self, what: str, amount: float, labels: dict[str, str]) -> None:
        """Add to a counter."""
        if amount > 0:
            self._series(what, labels).inc(amount)

    def measure(self, what: str, value: float, labels: dict[str, str]) -> None:
        """Add to a histogram."""
        self._series(what, labels).observe(value)

    def change(self, what: str, amount: float, labels: dict[str, str]) -> None:
        """Move a gauge."""
        self._series(what, labels).inc(amount)

    def text(self) -> tuple[str, bytes]:
        """The content type and the text of everything that is counted."""
        client = _prometheus()
        return client.CONTENT_TYPE_LATEST, client.generate_latest(self.registry)

    def _series(self, what: str, labels: dict[str, str]) -> Any:
        metric = self._metrics[what]
        return metric.labels(**labels) if labels else metric

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        began_s = perf_counter()
        try:
            yield
        finally:
            self._series("operation_seconds", {"operation": name}).observe(perf_counter() - began_s)


def free_loopback_port() -> int:
    """A port of the loopback interface that nobody uses now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def fetch_metrics(port: int) -> bytes:
    """What Temporal's library exposes on this machine; empty when it does not answer.

    Args:
        port: of the loopback interface.
    """
    try:
        return await asyncio.to_thread(_fetch, f"http://127.0.0.1:{port}/metrics")
    except OSError:
        return b""


def _fetch(url: str) -> bytes:
    import urllib.request

    # Never through a proxy of the environment: it is this very process.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=_SCRAPE_WITHIN_S) as answer:
        content: bytes = answer.read(_LARGEST_SCRAPE_BYTES)
        return content


def _prometheus() -> Any:
    try:
        import prometheus_client
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"the package {error.name} to count with", "it is not installed", "run: pip install 'aurax[telemetry]'"
        ) from error
    return prometheus_client
