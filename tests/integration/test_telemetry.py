"""What a worker tells while it makes a real song."""

import asyncio
import json
import re
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from builders.otlp_collector import CollectedSpan, otlp_collector
from builders.s3_server import S3Server, free_port
from command import Command
from temporalio.client import Client

from aurax.adapters.telemetry.health import Health
from aurax.adapters.telemetry.metrics import METRICS
from aurax.adapters.temporal.client import song_workflow_id
from aurax.adapters.temporal.worker import run_worker
from aurax.settings import Settings

pytestmark = pytest.mark.integration

DEPLOY = Path(__file__).parents[2] / "deploy"
PROMPT = "zebra moonlight lo-fi for grandmother, 84 bpm, 5 seconds"
WORDS = ("zebra", "moonlight", "grandmother")
SECRETS = {
    "AWS_SECRET_ACCESS_KEY": S3Server.secret_key,
    "TEMPORAL_API_KEY": "hush-cloud",
    "MODAL_TOKEN_SECRET": "hush-modal",
}


@dataclass(frozen=True)
class Told:
    """What a worker told while it made one song.

    Args:
        data: the data folder.
        ready: what `/readyz` answered afterwards.
        metrics: what `/metrics` did.
        spans: of its trace and of any other.
        exported: everything that was sent to the collector.
        headers: what travels beside the payloads of its workflow.
    """

    data: Path
    ready: dict[str, Any]
    metrics: str
    spans: list[CollectedSpan]
    exported: bytes
    headers: dict[str, bytes]

    @property
    def log(self) -> list[dict[str, Any]]:
        """The worker's log."""
        return [json.loads(line) for line in (self.data / "logs" / "worker.log").read_text().splitlines()]

    @property
    def series(self) -> dict[str, float]:
        """Every series that is not a bucket, by name and labels."""
        lines = [line for line in self.metrics.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """One song, made by servers that tell everything."""
    folder, port = tmp_path_factory.mktemp("told"), free_port()
    settings = {"AURAX_LOG_FORMAT": "json", "AURAX_LOG_LEVEL": "debug", "AURAX_HEALTH_ADDRESS": str(port)}
    with otlp_collector() as collector:
        tracing = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint}
        command = Command(folder / "data", {**SECRETS, **settings, **tracing})
        servers = command.start("up")
        try:
            command.wait_until(command.runtime, "the servers are up")
            command.make(PROMPT, folder / "song")
            song = json.loads(command.run("songs", "--json").stdout)[0]["id"]
            command.wait_until(lambda: json.loads(_get(port, "readyz"))["ready"], "the worker is ready")
            ready, metrics = json.loads(_get(port, "readyz")), _get(port, "metrics")
            headers = asyncio.run(_headers(command.runtime()["temporal_address"], song))
        finally:
            servers.terminate()
            servers.communicate(timeout=60)
        yield Told(command.data, ready, metrics, collector.spans, b"".join(collector.raw), headers)


async def _headers(address: str, song_id: str) -> dict[str, bytes]:
    client = await Client.connect(address)
    history = await client.get_workflow_handle(song_workflow_id(song_id)).fetch_history()
    header = history.events[0].workflow_execution_started_event_attributes.header
    return {name: payload.data for name, payload in header.fields.items()}


def _get(port: int, path: str) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{port}/{path}", timeout=10) as answer:
        text: str = answer.read().decode()
        return text


def test_every_line_of_a_workers_log_is_json_with_a_moment_and_a_level(told: Told) -> None:
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in told.log)


def test_every_activity_is_logged_with_song_workflow_and_run(told: Told) -> None:
    ended = [line for line in told.log if line["message"] == "activity ended"]
    assert {line["stage"] for line in ended} == {"intent", "compose", "render", "mix", "master", "judge", "deliver"}
    assert len({line["song"] for line in ended}) == 1
    assert all(line["workflow"].startswith(f"song-{line['song']}") and line["run"] for line in ended)
    assert {line["take"] for line in ended if line["stage"] == "mix"} == {1}


def test_logs_hold_neither_words_of_the_prompt_nor_a_secret(told: Told) -> None:
    text = "".join(log.read_text().lower() for log in sorted((told.data / "logs").glob("*.log")))
    key = (told.data / "payload.key").read_bytes()
    secrets = [*SECRETS.values(), key.hex(), b64encode(key).decode().lower()]
    assert [word for word in (*WORDS, *secrets) if word in text] == []


def test_a_worker_that_polls_and_whose_stores_answer_is_ready(told: Told) -> None:
    assert told.ready["checks"] == {"polling": "ok", "database": "ok", "store": "ok", "temporal": "ok"}


def test_the_song_is_counted_by_its_outcome(told: Told) -> None:
    counted = {name: value for name, value in told.series.items() if name.startswith("aurax_songs_total")}
    assert list(counted.values()) == [1.0]
    assert 'outcome="delivered"' in next(iter(counted))


def test_every_stage_is_timed(told: Told) -> None:
    stages = {name for name in told.series if name.startswith("aurax_stage_seconds_count")}
    assert stages == {
        f'aurax_stage_seconds_count{{stage="{stage}"}}'
        for stage in ("intent", "compose", "render", "mix", "master", "judge", "deliver")
    }


def test_calls_of_store_and_database_are_timed_and_clips_counted(told: Told) -> None:
    assert told.series['aurax_operation_seconds_count{operation="database.write"}'] > 10
    assert told.series['aurax_operation_seconds_count{operation="store.put_audio"}'] > 3
    assert told.series['aurax_clips_total{outcome="miss"}'] > 0


def test_what_runs_now_is_told(told: Told) -> None:
    running = [value for name, value in told.series.items() if name.startswith("aurax_activities_running")]
    assert set(running) == {0.0}
    assert told.series["aurax_render_processes"] >= 1


def test_the_metrics_of_temporals_own_library_are_among_them(told: Told) -> None:
    assert any(name.startswith("temporal_activity_schedule_to_start_latency_seconds_count") for name in told.series)


def test_no_metric_holds_an_id_of_a_song(told: Told) -> None:
    song = next(line["song"] for line in told.log if "song" in line)
    assert song not in told.metrics


def ancestors(span: CollectedSpan, spans: list[CollectedSpan]) -> list[str]:
    """Names from a span to its root."""
    by_id = {one.id: one for one in spans}
    names = [span.name]
    while span.parent:
        span = by_id[span.parent]
        names.append(span.name)
    return names


def test_a_song_is_one_trace_and_nothing_else_makes_any(told: Told) -> None:
    assert len({span.trace for span in told.spans}) == 1
    assert [span.name for span in told.spans if not span.parent] == ["make song"]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("RunActivity:analyze", ["StartActivity:analyze", "RunWorkflow:SongWorkflow"]),
        ("render.clip", ["RunActivity:render_track", "StartActivity:render_track", "RunWorkflow:ArrangementWorkflow"]),
        ("store.put_audio", ["RunActivity:mix_stems", "StartActivity:mix_stems", "RunWorkflow:MixingWorkflow"]),
        ("database.write", ["RunActivity:deliver_song", "StartActivity:deliver_song", "RunWorkflow:SongWorkflow"]),
    ],
)
def test_a_trace_goes_from_the_client_through_workflows_and_activities(told: Told, name: str, path: list[str]) -> None:
    paths = [ancestors(span, told.spans) for span in told.spans if span.name == name]
    assert any(found[1 : 1 + len(path)] == path for found in paths)
    assert {tuple(found[-3:]) for found in paths} == {
        ("RunWorkflow:SongWorkflow", "StartWorkflow:SongWorkflow", "make song")
    }


def test_clips_are_traced_in_the_processes_that_rendered_them(told: Told) -> None:
    clips = [span for span in told.spans if span.name == "render.clip"]
    assert all(0 < span.start_ns < span.end_ns for span in clips)
    assert {span.attributes["process.pid"] for span in clips}.isdisjoint({None, 0})


def test_log_lines_name_the_trace(told: Told) -> None:
    assert {line["trace"] for line in told.log if "trace" in line} == {told.spans[0].trace}


def test_traces_hold_neither_words_of_the_prompt_nor_a_secret(told: Told) -> None:
    hidden = [*WORDS, *SECRETS.values()]
    assert [word for word in hidden if word.encode() in told.exported.lower()] == []


def test_beside_sealed_payloads_travels_the_place_in_the_trace_alone(told: Told) -> None:
    assert list(told.headers) == ["_tracer-data"]
    place = json.loads(told.headers["_tracer-data"])
    assert list(place) == ["traceparent"]
    assert told.spans[0].trace in place["traceparent"]


async def test_a_worker_that_is_told_to_stop_is_unready_before_it_ends(client: Client, tmp_path: Path) -> None:
    settings = Settings.load(data_dir=tmp_path, render_workers=1)
    stop = asyncio.Event()
    states: list[tuple[bool, str]] = []

    class Noting(Health):
        def stops(self) -> None:
            super().stops()
            states.append((running.done(), self.states()["polling"]))

    health = Noting()
    context: Any = SimpleNamespace(settings=settings)
    address = client.service_client.config.target_host
    running = asyncio.create_task(run_worker(context, address, stop=stop, on_ready=stop.set, health=health))
    await running
    assert states == [(False, "stopping")]


def queries() -> list[tuple[str, str]]:
    """Name and PromQL of every panel and every alert."""
    dashboard = json.loads((DEPLOY / "grafana" / "aurax.json").read_text())
    panels = [(panel["title"], target["expr"]) for panel in dashboard["panels"] for target in panel["targets"]]
    groups = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())["groups"]
    return [*panels, *((rule["alert"], rule["expr"]) for group in groups for rule in group["rules"])]


@pytest.mark.parametrize(("name", "query"), queries())
def test_a_panel_or_alert_asks_for_metrics_and_labels_that_a_worker_exposes(told: Told, name: str, query: str) -> None:
    exposed = {line.split(" ")[2] for line in told.metrics.splitlines() if line.startswith("# TYPE")}
    exposed |= {f"{metric}{end}" for metric in exposed for end in ("_bucket", "_count", "_sum")}
    bare = re.sub(r'\{[^}]*\}|\[[^\]]*\]|"[^"]*"|by \([^)]*\)', " ", query)
    asked = {word for word in re.findall(r"[a-z_:][a-z0-9_:]+", bare) if "_" in word} - {"histogram_quantile"}
    assert asked
    assert asked <= exposed
    labels = {label for metric in METRICS for label in metric.labels} | {
        "le",
        "task_queue",
        "workflow_type",
        "worker_type",
    }
    matched = re.findall(r"(\w+)=", query) + re.findall(r"\w+", " ".join(re.findall(r"by \(([^)]*)\)", query)))
    assert set(matched) <= labels


def test_every_metric_of_ones_own_is_on_the_dashboard_or_in_an_alert() -> None:
    text = " ".join(query for _, query in queries())
    assert [metric.exposed for metric in METRICS if metric.exposed.removesuffix("_total") not in text] == []
