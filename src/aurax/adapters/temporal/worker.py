"""The worker: workflows and activities of one machine."""

from __future__ import annotations

import asyncio
import inspect
import logging
import signal
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from importlib import import_module
from types import TracebackType
from typing import Any, Self

from temporalio.client import Client
from temporalio.worker import Worker

from aurax.adapters.telemetry.activities import ObservedActivities
from aurax.adapters.telemetry.health import Health
from aurax.adapters.telemetry.session_ids import CarriedSession
from aurax.adapters.temporal.arrangement import ArrangementActivities, ArrangementWorkflow
from aurax.adapters.temporal.client import connect
from aurax.adapters.temporal.composition import CompositionActivities, CompositionWorkflow
from aurax.adapters.temporal.converter import task_queue
from aurax.adapters.temporal.deployment import build_id, deployment_config, make_own_current
from aurax.adapters.temporal.interceptor import TypedErrors
from aurax.adapters.temporal.mixing import MixingActivities, MixingWorkflow
from aurax.adapters.temporal.pollers import has_pollers, wait_polled
from aurax.adapters.temporal.queues import QUEUES, queue_name
from aurax.adapters.temporal.runner import workflow_runner
from aurax.adapters.temporal.session import SessionWorkflow
from aurax.adapters.temporal.session_life import SessionActivities
from aurax.adapters.temporal.song import SongActivities, SongWorkflow
from aurax.errors import AuraxError, ServiceUnavailable
from aurax.produce.stages import QueueName
from aurax.services.context import WorkerContext
from aurax.settings import Settings

WORKFLOWS = (SessionWorkflow, SongWorkflow, CompositionWorkflow, ArrangementWorkflow, MixingWorkflow)
"""Every workflow that a worker runs; the replay test reads recorded histories with the same ones."""

ACTIVITIES = (SessionActivities, SongActivities, CompositionActivities, ArrangementActivities, MixingActivities)
"""Every class of activities."""

_LOG = logging.getLogger("aurax.worker")
_SERVER_WITHIN_S = 8.0
_POLLS_WITHIN_S = 10.0
_RETRY_S = 0.1


class Workers:
    """One worker for each task queue, of one process: they start together, and stop together.

    Args:
        workers: not started yet.
    """

    def __init__(self, workers: Sequence[Worker]) -> None:
        self._workers = workers

    async def __aenter__(self) -> Self:
        """Start them; when one fails, the task that is inside is cancelled and gets the failure at the end."""
        for worker in self._workers:
            await worker.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # At once, because each gives its activities the whole grace.
        ends = (worker.__aexit__(kind, error, trace) for worker in self._workers)
        for outcome in await asyncio.gather(*ends, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome


def build_worker(
    client: Client,
    settings: Settings,
    activities: Sequence[Callable[..., Any]],
    queues: Sequence[QueueName] = QUEUES,
) -> Workers:
    """Workers for the given activities.

    Every one of them knows every activity: what an earlier version left on a queue is done there.

    Args:
        client: a connected client.
        settings: names the task queues and sizes the work.
        activities: functions or methods that are activities.
        queues: which task queues are worked on.
    """
    chosen = [queue for queue in queues if activities or queue == "workflows"]
    return Workers([_worker(client, settings, activities, queue) for queue in chosen])


def _worker(client: Client, settings: Settings, activities: Sequence[Callable[..., Any]], queue: QueueName) -> Worker:
    deployment = deployment_config(settings)
    version: dict[str, Any] = (
        {"build_id": build_id(settings)} if deployment is None else {"deployment_config": deployment}
    )
    return Worker(
        client,
        task_queue=queue_name(task_queue(client, settings), queue),
        workflows=WORKFLOWS if queue == "workflows" else (),
        activities=activities,
        workflow_runner=workflow_runner(versioned=deployment is not None),
        max_concurrent_activities=_slots(settings, queue),
        max_concurrent_activity_task_polls=settings.pollers,
        **(_orchestration(settings) if queue == "workflows" else {}),
        # A query after a worker's death would otherwise wait ten seconds for it.
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=2),
        # Cancellations arrive with heartbeats, so these must not be held back for long.
        max_heartbeat_throttle_interval=timedelta(seconds=1),
        default_heartbeat_throttle_interval=timedelta(seconds=1),
        graceful_shutdown_timeout=timedelta(seconds=settings.shutdown_grace_s),
        workflow_failure_exception_types=[AuraxError],
        interceptors=[CarriedSession(), ObservedActivities(), TypedErrors()],
        **version,
    )


def _slots(settings: Settings, queue: QueueName) -> int:
    if queue == "render":
        # Rendering activities mostly wait for the render processes; two more keep other songs moving meanwhile.
        return settings.render_slots or settings.render_workers + 2
    return settings.gpu_slots if queue == "gpu" else settings.light_slots


def _orchestration(settings: Settings) -> dict[str, Any]:
    return {
        "max_concurrent_workflow_tasks": settings.workflow_slots,
        "max_concurrent_workflow_task_polls": settings.pollers,
        "max_cached_workflows": settings.cached_workflows,
    }


def worker_activities(context: WorkerContext) -> list[Callable[..., Any]]:
    """Every activity of the classes next to the workflows, with what the use cases work with."""
    found: list[Callable[..., Any]] = []
    for kind in ACTIVITIES:
        instance = kind(context)
        methods = (getattr(instance, name) for name in vars(kind) if not name.startswith("_"))
        found += [method for method in methods if inspect.iscoroutinefunction(method)]
    return found


async def run_worker(
    context: WorkerContext,
    address: str | None = None,
    *,
    stop: asyncio.Event | None = None,
    on_ready: Callable[[], None] = lambda: None,
    health: Health | None = None,
    current: bool = False,
    queues: Sequence[QueueName] = QUEUES,
) -> None:
    """Work until stopped by SIGTERM, SIGINT or the event, then finish or hand back what is running.

    Args:
        context: what the use cases work with.
        address: as for `connect`.
        stop: set it to stop.
        on_ready: called once the server has seen this worker poll.
        health: learns whether Temporal answers, and since when and until when this worker polls.
        current: whether to send new work to this worker's build as soon as it polls.
        queues: which task queues are worked on.

    Raises:
        ServiceUnavailable: Temporal does not answer.
        InvalidOption: the build cannot be made current.
    """
    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    health = health or Health()
    client = await _connect_soon(context.settings, address, stop)
    base = task_queue(client, context.settings)
    health.watch("temporal", partial(has_pollers, client, base, queues[0], identity=client.identity))
    async with build_worker(client, context.settings, worker_activities(context), queues):
        for queue in queues:
            await wait_polled(client, base, queue, _POLLS_WITHIN_S)
        if current:
            await make_own_current(client, context.settings)
        health.polls()
        on_ready()
        _LOG.info("worker polls", extra={"fields": {"queue": base, "queues": ", ".join(queues)}})
        await asyncio.to_thread(import_module, "scipy.signal")  # a second that the first mix need not wait for
        await stop.wait()
        health.stops()
        _LOG.info("worker stops", extra={"fields": {"grace_s": context.settings.shutdown_grace_s}})


async def _connect_soon(settings: Settings, address: str | None, stop: asyncio.Event) -> Client:
    """Connect to a server that may just be starting."""
    deadline = time.monotonic() + _SERVER_WITHIN_S
    while True:
        try:
            return await connect(settings, address, log=True)
        except ServiceUnavailable:
            if time.monotonic() > deadline or stop.is_set():
                raise
            await asyncio.sleep(_RETRY_S)
