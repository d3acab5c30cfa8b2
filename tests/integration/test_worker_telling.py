"""Sessions are named by every step of their songs, and a worker that stops hands its work to another."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from temporalio import activity, workflow
from temporalio.api.common.v1 import Payload
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.worker import Worker

from aurax.adapters.telemetry.activities import ObservedActivities
from aurax.adapters.telemetry.fields import current_fields
from aurax.adapters.telemetry.session_ids import CarriedSession, session_of
from aurax.adapters.temporal.runner import workflow_runner

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

SESSION = "0123456789abcdef" * 2
WITHIN = {"start_to_close_timeout": timedelta(minutes=1)}


@dataclass(frozen=True)
class Lineage:
    session_id: str | None = None


@dataclass(frozen=True)
class Task:
    song_id: str
    lineage: Lineage = field(default_factory=Lineage)


@activity.defn
async def look() -> dict[str, Any]:
    return {name: value for name, value in current_fields().items() if name in ("session", "activity", "attempt")}


@workflow.defn
class Child:
    @workflow.run
    async def run(self) -> dict[str, Any]:
        seen: dict[str, Any] = await workflow.execute_activity(look, **WITHIN)
        return seen


@workflow.defn
class Parent:
    @workflow.run
    async def run(self, task: Task) -> dict[str, Any]:
        return await workflow.execute_child_workflow(Child.run)


STARTED = asyncio.Event()


@activity.defn
async def wait() -> int:
    if activity.info().attempt == 1:
        STARTED.set()
        await asyncio.Event().wait()
    return activity.info().attempt


@workflow.defn
class Waiting:
    @workflow.run
    async def run(self) -> int:
        retry = RetryPolicy(initial_interval=timedelta(milliseconds=50))
        return await workflow.execute_activity(wait, retry_policy=retry, **WITHIN)


def worker(client: Client, grace_s: float = 0.0) -> Worker:
    return Worker(
        client,
        task_queue="telling",
        workflows=[Parent, Child, Waiting],
        activities=[look, wait],
        workflow_runner=workflow_runner(),
        interceptors=[CarriedSession(), ObservedActivities()],
        graceful_shutdown_timeout=timedelta(seconds=grace_s),
    )


@pytest.mark.parametrize("session", [SESSION, None])
async def test_an_activity_of_a_child_names_the_session_of_its_song(client: Client, session: str | None) -> None:
    async with worker(client):
        task = Task("a" * 32, Lineage(session))
        seen = await client.execute_workflow(Parent.run, task, id=f"parent-{session}", task_queue="telling")
    assert seen == {"activity": "look", "attempt": 1} | ({"session": session} if session else {})


@pytest.mark.parametrize("content", [b'"no id"', b"{", b"3", b'"' + b"a" * 33 + b'"'])
async def test_what_is_no_id_is_not_taken_from_a_header(content: bytes) -> None:
    assert session_of({"aurax-session": Payload(data=content)}) is None


async def test_a_worker_that_stops_hands_what_runs_to_another(client: Client) -> None:
    async with worker(client):
        handle = await client.start_workflow(Waiting.run, id="waiting", task_queue="telling")
        await STARTED.wait()
    async with worker(client):
        assert await handle.result() == 2


@workflow.defn(name="SongWorkflow")
class Song:
    @workflow.run
    async def run(self) -> None:
        return


@workflow.defn
class Session:
    @workflow.run
    async def run(self) -> None:
        for number in (1, 2):
            await workflow.execute_child_workflow(Song.run, id=f"{workflow.info().workflow_id}/{number}")


async def test_each_song_of_a_session_is_a_trace_of_its_own(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    import opentelemetry.trace
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
    from temporalio.contrib.opentelemetry import create_tracer_provider

    from aurax.adapters.telemetry.tracing import Spans, client_plugins

    exported, provider = InMemorySpanExporter(), create_tracer_provider()
    provider.add_span_processor(SimpleSpanProcessor(exported))
    monkeypatch.setattr(opentelemetry.trace, "_TRACER_PROVIDER", provider)
    monkeypatch.setattr("aurax.adapters.telemetry.tracing._started", Spans(provider.get_tracer("test")))
    options: Any = {**client.config(), "plugins": client_plugins()}
    worker = Worker(
        Client(**options),
        task_queue="traces",
        workflows=[Song, Session],
        workflow_runner=workflow_runner(),
        interceptors=[CarriedSession()],
    )
    async with worker:
        await client.execute_workflow(Session.run, id="session-traced", task_queue="traces")
    songs = [span for span in exported.get_finished_spans() if span.name == "RunWorkflow:SongWorkflow"]
    assert len({span.context.trace_id for span in songs}) == 2
    roots = [span.name for span in exported.get_finished_spans() if span.parent is None]
    assert sorted(roots) == ["RunWorkflow:Session", *["StartChildWorkflow:SongWorkflow"] * 2]
