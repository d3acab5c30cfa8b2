"""Traces through OpenTelemetry: client, workflows, activities, render processes, store and database in one tree.

Off unless `OTEL_EXPORTER_OTLP_ENDPOINT` names a collector. OpenTelemetry is loaded only then. No message of an error
goes into a trace, because it can quote a prompt; its type does.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from aurax import observing
from aurax.errors import MissingExtra
from aurax.observing import Attribute
from aurax.version import __version__

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer
    from temporalio.client import Plugin

_LOG = logging.getLogger("aurax.tracing")
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_EXPORT_WITHIN_S = 5.0
_FLUSH_WITHIN_S = 3.0

SONG = "make song"
"""The root of a trace."""

_started: Spans | None = None
_provider: Any = None


def tracing_wanted(environment: Mapping[str, str] | None = None) -> bool:
    """Whether the environment names a collector of traces.

    Args:
        environment: variables; those of this process if left out.
    """
    given = os.environ if environment is None else environment
    disabled = given.get("OTEL_SDK_DISABLED", "").lower() == "true"
    return not disabled and any(given.get(name) for name in _ENDPOINTS)


class Spans:
    """Turns what the rooms tell into spans; a listener of `observing`.

    Args:
        tracer: makes them.
    """

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def span(self, name: str, attributes: dict[str, Attribute], /) -> AbstractContextManager[None]:
        """A block of work."""
        # What nobody asked for, such as probes, makes no traces of its own.
        return self._span(name, attributes) if name == SONG or _is_traced() else nullcontext()

    def past_span(self, name: str, start_ns: int, end_ns: int, attributes: dict[str, Attribute]) -> None:
        """Work of another process."""
        if not _is_traced():
            return
        self._tracer.start_span(name, start_time=start_ns, attributes=attributes).end(end_time=end_ns)

    def mark(self, attributes: dict[str, Attribute]) -> None:
        """More about the current span."""
        from opentelemetry.trace import get_current_span

        get_current_span().set_attributes(attributes)

    def count(self, what: str, amount: float, labels: dict[str, str]) -> None:
        """Counts are for metrics."""

    def measure(self, what: str, value: float, labels: dict[str, str]) -> None:
        """So are measurements."""

    def change(self, what: str, amount: float, labels: dict[str, str]) -> None:
        """And gauges."""

    @contextmanager
    def _span(self, name: str, attributes: dict[str, Attribute]) -> Iterator[None]:
        from opentelemetry.trace import Status, StatusCode

        options: dict[str, Any] = {"record_exception": False, "set_status_on_exception": False}
        with self._tracer.start_as_current_span(name, attributes=attributes, **options) as span:
            try:
                yield
            except BaseException as error:
                span.set_status(Status(StatusCode.ERROR, type(error).__name__))
                raise


def _is_traced() -> bool:
    from opentelemetry.trace import get_current_span

    return get_current_span().get_span_context().is_valid


def start_tracing(service: str) -> Spans | None:
    """Send traces to the collector from now on; further calls give the same.

    Args:
        service: name of this process's service, unless the environment names it.

    Returns:
        What listens, or None where no collector is named or the extra is not installed.
    """
    global _started, _provider
    if _started is not None or not tracing_wanted():
        return _started
    try:
        from opentelemetry import trace

        provider = _new_provider(service)
    except ModuleNotFoundError as error:
        missing = MissingExtra(
            f"the package {error.name} to send traces", "it is not installed", "run: pip install 'aurax[telemetry]'"
        )
        _LOG.warning("no traces", exc_info=missing)
        return None
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        trace.set_tracer_provider(provider)
        _provider = provider
    # Else a program that uses AURA-X has its own, and spans become part of that program's traces.
    _started = Spans(trace.get_tracer("aurax", __version__))
    return _started


@contextmanager
def traced(song_id: str) -> Iterator[None]:
    """The root of a song's trace: what a client does from its wish to its files.

    Args:
        song_id: the song.
    """
    spans = start_tracing("aurax")
    if spans is None:
        yield
        return
    observing.listen(spans)
    try:
        with observing.span(SONG, **{"aurax.song": song_id}):
            yield
    finally:
        flush_traces()


@contextmanager
def own_trace() -> Iterator[None]:
    """What begins within the block is the root of a trace; nothing where there are none."""
    if _started is None:
        yield
        return
    from opentelemetry.context import Context, attach, detach

    token = attach(Context())
    try:
        yield
    finally:
        detach(token)


def client_plugins() -> list[Plugin]:
    """What carries traces through Temporal; nothing where there are none. Workers of the client have it too."""
    if _started is None:
        return []
    from temporalio.contrib.opentelemetry import OpenTelemetryPlugin

    # Without this flag it carries the context, but makes no spans of its own.
    return [OpenTelemetryPlugin(add_temporal_spans=True)]


def flush_traces(within_s: float = _FLUSH_WITHIN_S) -> None:
    """Send what has not been sent yet, and give up when the collector does not take it.

    Args:
        within_s: how long that may take.
    """
    if _provider is None:
        return
    # A thread of its own, because the library itself does not bound the time.
    flushing = threading.Thread(target=_provider.force_flush, name="flush traces", daemon=True)
    flushing.start()
    flushing.join(within_s)


def _new_provider(service: str) -> Any:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from temporalio.contrib.opentelemetry import create_tracer_provider

    from aurax.adapters.telemetry.discreet import DiscreetExporter

    named = "OTEL_SERVICE_NAME" in os.environ or "service.name=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    about: dict[str, Attribute] = {"service.version": __version__, "process.pid": os.getpid()}
    resource = Resource.create(about if named else {"service.name": service, **about})
    # Ids made in workflows come from their own random numbers, and spans of replays end once: safe to replay.
    provider = create_tracer_provider(resource=resource, shutdown_on_exit=False)
    timed = "OTEL_EXPORTER_OTLP_TIMEOUT" in os.environ or "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT" in os.environ
    exporter = OTLPSpanExporter(timeout=None if timed else _EXPORT_WITHIN_S)
    provider.add_span_processor(BatchSpanProcessor(DiscreetExporter(exporter)))
    return provider
