"""The runtime of Temporal's library in a worker: its log lines go where all others go."""

from __future__ import annotations

import logging
from functools import cache

from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)

from aurax.adapters.telemetry.metrics import free_loopback_port
from aurax.settings import Settings

_PORT_ATTEMPTS = 5


@cache
def counting_runtime() -> tuple[Runtime, int]:
    """A runtime that exposes the library's metrics, and its port on the loopback interface.

    Raises:
        RuntimeError: no port can be listened on.
    """
    for attempt in range(_PORT_ATTEMPTS):
        port = free_loopback_port()
        metrics = PrometheusConfig(
            bind_address=f"127.0.0.1:{port}", counters_total_suffix=True, unit_suffix=True, durations_as_seconds=True
        )
        try:
            return _runtime(metrics), port
        except (RuntimeError, ValueError):  # another program took the port meanwhile
            if attempt + 1 == _PORT_ATTEMPTS:
                raise
    raise AssertionError("the last attempt returns or raises")


@cache
def logging_runtime() -> Runtime:
    """A runtime whose log lines go to Python's logging."""
    return _runtime(None)


def _runtime(metrics: PrometheusConfig | None) -> Runtime:
    # The fields of its lines are left out: some hold what is in payloads.
    forwarding = LogForwardingConfig(
        logging.getLogger("temporalio.core"), append_target_to_name=False, append_log_fields_to_message=False
    )
    logs = LoggingConfig(filter=TelemetryFilter(core_level="WARN", other_level="ERROR"), forwarding=forwarding)
    return Runtime(telemetry=TelemetryConfig(logging=logs, metrics=metrics))


def worker_runtime(settings: Settings) -> Runtime:
    """The runtime of a worker's client: it logs, and counts where somebody can look.

    Args:
        settings: whether there is an endpoint for metrics.
    """
    return logging_runtime() if settings.health_endpoint is None else counting_runtime()[0]
