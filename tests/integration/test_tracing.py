"""Traces when they are on and off: nothing of what errors say, nothing in replays, nothing where nobody asked."""

import json
from collections.abc import Iterator
from pathlib import Path

import opentelemetry.trace
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from temporalio.client import WorkflowHistory
from temporalio.contrib.opentelemetry import OpenTelemetryPlugin, create_tracer_provider
from temporalio.worker import Replayer

from aurax import observing
from aurax.adapters.telemetry.discreet import DiscreetExporter
from aurax.adapters.telemetry.tracing import SONG, Spans, client_plugins, start_tracing, tracing_wanted
from aurax.adapters.temporal.converter import data_converter
from aurax.adapters.temporal.runner import workflow_runner
from aurax.adapters.temporal.worker import WORKFLOWS

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json"))
PROMPT = "a zebra waltz"


@pytest.fixture
def exported() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def provider(exported: InMemorySpanExporter) -> TracerProvider:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(DiscreetExporter(exported)))
    return provider


@pytest.fixture
def listening(provider: TracerProvider) -> Iterator[None]:
    observing.listen(Spans(provider.get_tracer("test")))
    yield
    observing.listen()


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_SDK_DISABLED": "true"}, False),
    ],
)
def test_traces_are_sent_where_a_collector_is_named(environment: dict[str, str], wanted: bool) -> None:
    assert tracing_wanted(environment) is wanted


def test_without_a_collector_nothing_travels_through_temporal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    assert (start_tracing("test"), client_plugins()) == (None, [])


def test_the_words_of_an_error_are_left_out(provider: TracerProvider, exported: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError), provider.get_tracer("temporalio").start_as_current_span("RunActivity:x"):
        raise ValueError(PROMPT)
    (span,) = exported.get_finished_spans()
    assert span.status.description == "ValueError"
    assert span.events[0].attributes == {"exception.type": "ValueError", "exception.escaped": "False"}
    assert PROMPT not in span.to_json()


@pytest.mark.usefixtures("listening")
def test_a_call_that_fails_is_marked_by_the_type_of_its_error(exported: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError), observing.span(SONG), observing.span("store.get"):
        raise ValueError(PROMPT)
    spans = exported.get_finished_spans()
    assert [(span.name, span.status.description) for span in spans] == [
        ("store.get", "ValueError"),
        (SONG, "ValueError"),
    ]


@pytest.mark.usefixtures("listening")
def test_what_belongs_to_no_song_is_not_traced(exported: InMemorySpanExporter) -> None:
    with observing.span("database.read"):
        observing.past_span("render.clip", 1, 2)
    assert exported.get_finished_spans() == ()


@pytest.mark.usefixtures("listening")
def test_work_in_another_thread_belongs_to_who_asked_for_it(exported: InMemorySpanExporter) -> None:
    def work() -> None:
        with observing.span("store.get"):
            observing.mark(size=3)

    with observing.span(SONG), observing.CarryingThreads(2) as threads:
        for future in [threads.submit(work) for _ in range(3)]:
            future.result()
    *parts, song = exported.get_finished_spans()
    assert {part.parent.span_id for part in parts if part.parent} == {song.context.span_id}
    assert [dict(part.attributes or {}) for part in parts] == [{"size": 3}] * 3


@pytest.mark.integration
@pytest.mark.parametrize("file", HISTORIES[:3], ids=lambda file: file.stem)
async def test_a_replay_under_tracing_fits_and_sends_no_span(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exported, provider = InMemorySpanExporter(), create_tracer_provider()
    provider.add_span_processor(SimpleSpanProcessor(exported))
    monkeypatch.setattr(opentelemetry.trace, "_TRACER_PROVIDER", provider)
    replayer = Replayer(
        workflows=WORKFLOWS,
        data_converter=data_converter(None),
        workflow_runner=workflow_runner(),
        plugins=[OpenTelemetryPlugin(add_temporal_spans=True)],
    )
    history = WorkflowHistory.from_json("song-recorded", json.loads(file.read_text()))
    result = await replayer.replay_workflow(history)
    assert (result.replay_failure, exported.get_finished_spans()) == (None, ())
