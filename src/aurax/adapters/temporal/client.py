"""The client side: asking for a song, waiting for it, cancelling it."""

from __future__ import annotations

import asyncio
import atexit
import time
from datetime import timedelta
from functools import cache
from typing import Any

from pydantic import ValidationError
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.service import RPCError, RPCStatusCode

from aurax.adapters.telemetry.runtime import worker_runtime
from aurax.adapters.telemetry.tracing import client_plugins
from aurax.adapters.temporal.converter import data_converter, task_queue
from aurax.adapters.temporal.errors import from_failure
from aurax.adapters.temporal.keys import load_keys
from aurax.adapters.temporal.names import song_workflow_id
from aurax.adapters.temporal.queues import priority_of
from aurax.adapters.temporal.refusal import untrusted
from aurax.adapters.temporal.search import attributes_of, where_known
from aurax.adapters.temporal.server_options import configured_options
from aurax.errors import AuraxError, ServiceUnavailable
from aurax.services.song import Song
from aurax.services.task import SongTask
from aurax.settings import Settings

_CANCEL_ASKED_WITHIN = timedelta(seconds=5)
_LAST_ANSWER_S = 0.05
"""How long a program waits at its end for threads of Temporal's library that still want Python's lock; without it 5 of
60 programs that ended right after an answer ended by SIGABRT or SIGSEGV on a loaded machine, with 0.02 s none of 60
(https://github.com/temporalio/sdk-python/issues/300)."""
SONG_WORKFLOW = "SongWorkflow"
"""By name, so that clients need not load what the workflow and its activities work with."""


async def connect(settings: Settings, address: str | None = None, *, log: bool = False) -> Client:
    """Connect to Temporal.

    Args:
        settings: names the namespace on a server of our own.
        address: host and port of a server of our own; None for the one that Temporal's environment configuration
            names (`TEMPORAL_ADDRESS`, `TEMPORAL_PROFILE` and the rest).
        log: whether Temporal's library may log, as a worker wants and a command's output must not.

    Raises:
        ServiceUnavailable: nobody answers there.
        InvalidOption: Temporal's configuration cannot be read, or there is no key to seal payloads with.
        CorruptData: the key file does not hold a key.
    """
    _end_after_the_last_answer()
    converter = data_converter(load_keys(settings, embedded=address is not None or settings.embedded_temporal))
    if address is not None:
        options: dict[str, Any] = {"target_host": address, "namespace": settings.temporal_namespace}
    else:
        options = configured_options()
    try:
        runtime = worker_runtime(settings) if log else _silent_runtime()
        return await Client.connect(**options, data_converter=converter, runtime=runtime, plugins=client_plugins())
    except (RuntimeError, RPCError, ValueError) as error:
        place = options.get("target_host", "the configured address")
        raise ServiceUnavailable(
            f"Temporal to answer at {place}", str(error).splitlines()[0], "start it, or correct TEMPORAL_ADDRESS"
        ) from error


@cache
def _end_after_the_last_answer() -> None:
    atexit.register(time.sleep, _LAST_ANSWER_S)


@cache
def _silent_runtime() -> Runtime:
    return Runtime(telemetry=TelemetryConfig(logging=None))


async def start_song(
    client: Client, task: SongTask, settings: Settings, *, again: bool = False
) -> WorkflowHandle[Any, Song]:
    """Ask for a song; asking twice for the same id joins the first.

    Args:
        client: a connected client.
        task: the song.
        settings: names the task queue.
        again: make a song again that has ended; one that is still being made is joined.

    Raises:
        ServiceUnavailable: Temporal does not answer.
    """
    whose = task.lineage
    attributes = attributes_of(owner=whose.owner, session_id=whose.session_id, song_id=task.song_id)
    try:
        return await client.start_workflow(
            SONG_WORKFLOW,
            task,
            id=song_workflow_id(task.song_id, task.repair),
            task_queue=task_queue(client, settings),
            result_type=Song,
            id_reuse_policy=(
                WorkflowIDReusePolicy.ALLOW_DUPLICATE if again else WorkflowIDReusePolicy.REJECT_DUPLICATE
            ),
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            task_timeout=timedelta(seconds=10),
            priority=priority_of(whose.owner),
            search_attributes=await where_known(client, attributes),
        )
    except WorkflowAlreadyStartedError:
        # It was asked for before and has ended meanwhile; its result is still there.
        return get_song_handle(client, task.song_id, task.repair)
    except RPCError as error:
        raise _unavailable(error) from error


def get_song_handle(client: Client, song_id: str, repair: str = "") -> WorkflowHandle[Any, Song]:
    """The handle of a song that was asked for earlier."""
    return client.get_workflow_handle(song_workflow_id(song_id, repair), result_type=Song)


async def song_result(handle: WorkflowHandle[Any, Song]) -> Song:
    """Wait for a song.

    Raises:
        AuraxError: of the type that stopped the work; `Cancelled` when it was cancelled.
        UntrustedPayload: the result does not come from a worker with our key.
        ServiceUnavailable: Temporal does not answer.
    """
    try:
        song: Song | None = await handle.result()
    except WorkflowFailureError as error:
        raise from_failure(error) from error
    except ValidationError as error:
        raise untrusted("a result that is no song") from error
    except RPCError as error:
        raise _unavailable(error) from error
    if not isinstance(song, Song):
        raise untrusted("a result that is no song")
    return song


async def cancel_song(handle: WorkflowHandle[Any, Song], *, wait_s: float = 30.0) -> None:
    """Cancel a song and wait until it has cleaned up after itself; one that ended already stays as it is.

    Raises:
        ServiceUnavailable: Temporal does not answer.
    """
    try:
        await handle.cancel(rpc_timeout=_CANCEL_ASKED_WITHIN)
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise _unavailable(error) from error
        return
    try:
        await asyncio.wait_for(handle.result(), wait_s)
    except (WorkflowFailureError, TimeoutError, AuraxError, ValidationError):
        return
    except RPCError as error:
        raise _unavailable(error) from error


def _unavailable(error: RPCError) -> ServiceUnavailable:
    return ServiceUnavailable("Temporal to answer", f"{error.status.name}: {error.message}", "check that it runs")
