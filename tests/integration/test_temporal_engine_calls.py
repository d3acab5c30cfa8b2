"""Calls of engines from the line, with real stores and a runtime whose devices have a price."""

from __future__ import annotations

import asyncio
import json
import threading
import uuid
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from tasks import song_task
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from aurax.adapters.temporal.client import cancel_song, song_result, start_song
from aurax.adapters.temporal.composition import CompositionActivities
from aurax.adapters.temporal.song import SongActivities
from aurax.adapters.temporal.worker import build_worker, worker_activities
from aurax.engines.engine import Cancel, Chunk, EngineInfo, EngineResult
from aurax.engines.engine_registry import load_engines
from aurax.engines.requests import GenerationRequest
from aurax.engines.runtime import EngineCall, EngineRuntime, Usage
from aurax.errors import (
    BudgetExceeded,
    Cancelled,
    LicenceForbids,
    MissingWeights,
    Preempted,
    QuotaExceeded,
    UnknownPlugin,
)
from aurax.produce.cost.ledger_line import LedgerLine
from aurax.produce.cost.throughput import Throughput
from aurax.produce.cost.usage import priced_on, usd_of
from aurax.score.score import Score
from aurax.services.compose_candidate import CandidateRequest
from aurax.services.context import WorkerContext
from aurax.services.engine_calls import EngineCalls, PaidCall, credited
from aurax.services.song import Song
from aurax.services.task import EngineChoice, SongTask
from aurax.settings import Settings
from aurax.wiring import build_context

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.integration]

PROMPT = "deep house in C minor, 122 bpm, 12 seconds"
WISH = GenerationRequest("deep house", 2.0, seeds=(1,))
SECONDS = 10.0


@dataclass
class PricedRuntime:
    """Runs engines here and says that it was on rented devices."""

    inner: EngineRuntime
    here: frozenset[str] = frozenset({"debug", "hpss"})
    fail_first: Exception | None = None
    fail_last: Exception | None = None
    wait_for_cancel: bool = False
    seconds: float = SECONDS
    working: threading.Event = field(default_factory=threading.Event)
    calls: list[EngineCall] = field(default_factory=list)
    name: str = "modal"

    def info(self, engine: str) -> EngineInfo:
        return self.inner.info(engine)

    def available(self, engine: str) -> str | None:
        return None if engine in self.here else f"{engine} is not here"

    def stream(self, call: EngineCall, cancel: Cancel) -> Iterator[Chunk | Usage]:
        self.calls.append(call)
        if self.fail_first is not None:
            raise self.fail_first
        for item in self.inner.stream(call, cancel):
            if isinstance(item, Usage):
                info = self.info(call.engine)
                device = Throughput.load().place_of("modal", info.name, info.kind).device
                yield item.model_copy(update={"runtime": "modal", "device": device, "seconds": self.seconds})
            else:
                yield item
                self.working.set()
                while self.wait_for_cancel and not cancel.is_set():
                    threading.Event().wait(0.02)
        if self.fail_last is not None:
            raise self.fail_last

    def close(self) -> None:
        pass


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def here(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WorkerContext]:
    """A context whose engines run on this machine."""
    settings = Settings.load(data_dir=tmp_path_factory.mktemp("data"), render_workers=1, task_queue="engine-calls")
    async with build_context(settings) as context:
        yield context


@pytest.fixture
def runtime(here: WorkerContext) -> PricedRuntime:
    return PricedRuntime(here.runtime)


@pytest.fixture
def context(here: WorkerContext, runtime: PricedRuntime) -> WorkerContext:
    """The same context, whose engines run on rented devices."""
    return replace(here, runtime=runtime)


def choice(**options: object) -> EngineChoice:
    return EngineChoice.model_validate({"mode": "neural", "engine": "debug", **options})


async def new_song(context: WorkerContext) -> str:
    song_id = uuid.uuid4().hex[:12]
    await context.songs.create_song(song_id, PROMPT, 1)
    return song_id


async def call(
    context: WorkerContext,
    song_id: str,
    engine: str = "debug",
    cancelled: threading.Event | None = None,
    key: str = "take 1/generate",
    **options: object,
) -> EngineResult:
    calls = EngineCalls(context)
    paid = PaidCall(song_id, key, engine, WISH, choice(**options))
    return await asyncio.to_thread(calls.run, paid, cancelled or threading.Event())


async def only_line(context: WorkerContext, song_id: str) -> LedgerLine:
    (line,) = await context.ledger.song_lines(song_id)
    return line


def price_usd(context: WorkerContext, device: str = "A100-40GB") -> float:
    usage = Usage(engine="debug", runtime="modal", device=device, seconds=SECONDS, cold=False)
    return usd_of(usage, context.prices, datetime.now(UTC).date())


async def test_a_finished_call_costs_what_it_used_and_not_what_was_reserved(context: WorkerContext) -> None:
    song_id = await new_song(context)
    result = await call(context, song_id, budget_usd=5.0)
    assert result.audio["candidate-0"].duration_s == pytest.approx(2.0)
    line = await only_line(context, song_id)
    assert (line.status, line.stage, line.engine) == ("settled", "generation", "debug")
    assert (line.runtime, line.device, line.seconds) == ("modal", "A100-40GB", SECONDS)
    assert line.usd == pytest.approx(price_usd(context), abs=1e-6)
    assert line.micro_usd != line.estimate_micro_usd > 0
    usage = Usage(engine="debug", runtime="modal", device="A100-40GB", seconds=SECONDS, cold=False)
    assert line.priced_on == priced_on(usage, context.prices, datetime.now(UTC).date()) is not None


async def test_a_call_on_this_machine_is_noted_and_costs_nothing(here: WorkerContext) -> None:
    song_id = await new_song(here)
    await call(here, song_id, budget_usd=0.0)
    line = await only_line(here, song_id)
    assert (line.status, line.runtime, line.micro_usd, line.priced_on) == ("settled", "local", 0, None)
    assert line.seconds > 0.0


async def test_a_call_that_fails_before_it_worked_gives_everything_back(
    context: WorkerContext, runtime: PricedRuntime
) -> None:
    runtime.fail_first = QuotaExceeded("a GPU", "a spending limit", "raise it")
    song_id = await new_song(context)
    with pytest.raises(QuotaExceeded):
        await call(context, song_id, budget_usd=5.0)
    line = await only_line(context, song_id)
    assert (line.status, line.micro_usd, line.engine, line.priced_on) == ("failed", 0, None, None)
    assert await song_total_usd(context, song_id) == 0.0


async def test_a_call_that_fails_after_it_worked_costs_what_it_used(
    context: WorkerContext, runtime: PricedRuntime
) -> None:
    runtime.fail_last = Preempted("a GPU until the end", "it was taken away", "ask again")
    song_id = await new_song(context)
    with pytest.raises(Preempted):
        await call(context, song_id, budget_usd=5.0)
    line = await only_line(context, song_id)
    assert (line.status, line.seconds) == ("failed", SECONDS)
    assert line.usd == pytest.approx(price_usd(context), abs=1e-6)
    assert line.priced_on is not None


async def test_a_cancelled_call_gives_its_reservation_back(context: WorkerContext, runtime: PricedRuntime) -> None:
    runtime.wait_for_cancel = True
    song_id, cancelled = await new_song(context), threading.Event()
    running = asyncio.create_task(call(context, song_id, cancelled=cancelled))
    await asyncio.to_thread(runtime.working.wait, 20)
    assert (await only_line(context, song_id)).status == "reserved"
    cancelled.set()
    with pytest.raises((CancelledError, asyncio.CancelledError)):
        await running
    assert (await only_line(context, song_id)).status == "failed"


async def test_a_call_beyond_the_song_s_budget_is_never_made(context: WorkerContext, runtime: PricedRuntime) -> None:
    song_id = await new_song(context)
    with pytest.raises(BudgetExceeded, match="raise --budget"):
        await call(context, song_id, budget_usd=0.0001)
    assert runtime.calls == []
    assert await context.ledger.song_lines(song_id) == ()


async def test_what_was_spent_before_counts_against_the_budget(context: WorkerContext, runtime: PricedRuntime) -> None:
    song_id = await new_song(context)
    await call(context, song_id)
    first = await only_line(context, song_id)
    budget_usd = first.usd + first.estimate_micro_usd / 1e6 - 1e-6
    with pytest.raises(BudgetExceeded):
        await call(context, song_id, key="take 2/generate", budget_usd=budget_usd)
    assert len(runtime.calls) == 1
    await call(context, song_id, key="take 2/generate", budget_usd=budget_usd + 2e-6)
    assert len(runtime.calls) == 2


async def test_a_call_beyond_the_month_s_cap_is_never_made(context: WorkerContext, runtime: PricedRuntime) -> None:
    capped = replace(context, settings=context.settings.model_copy(update={"monthly_cap_usd": 0.0001}))
    song_id = await new_song(context)
    with pytest.raises(BudgetExceeded, match="AURAX_MONTHLY_CAP_USD"):
        await call(capped, song_id)
    assert runtime.calls == []


async def test_weights_that_forbid_trade_are_refused_before_money_is_reserved(
    context: WorkerContext, runtime: PricedRuntime
) -> None:
    song_id = await new_song(context)
    with pytest.raises(LicenceForbids, match=r"CC-BY-NC-4\.0"):
        await call(context, song_id, "musicgen-small", commercial=True)
    assert runtime.calls == []
    assert await context.ledger.song_lines(song_id) == ()


async def test_a_repeated_attempt_takes_over_what_a_dead_worker_had_reserved(context: WorkerContext) -> None:
    song_id = await new_song(context)
    await context.ledger.reserve(song_id, "generation", "debug", 1.0, key=f"{song_id}/take 1/generate")
    await call(context, song_id, budget_usd=1.0)
    assert (await only_line(context, song_id)).status == "settled"


async def test_one_s_own_figures_decide_what_is_reserved(context: WorkerContext, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        '[[speed]]\nengine = "debug"\nkind = "generator"\ndevices = ["gpu"]\ns_per_audio_s = [900, 900, 1000]\n'
        'source = "a slow afternoon"\nmeasured = 2026-11-01\n'
    )
    slow = replace(context, settings=context.settings.model_copy(update={"prices": own}))
    usual_id, slow_id = await new_song(context), await new_song(context)
    await call(context, usual_id)
    await call(slow, slow_id)
    usual, slower = await only_line(context, usual_id), await only_line(context, slow_id)
    assert slower.micro_usd == usual.micro_usd
    assert slower.estimate_micro_usd / 1e6 >= price_usd(context) / SECONDS * 1000 * WISH.duration_s
    assert slower.estimate_micro_usd > usual.estimate_micro_usd


async def test_the_best_separator_is_taken_that_can_run_and_may(context: WorkerContext, runtime: PricedRuntime) -> None:
    runtime.here = frozenset({"htdemucs", "hpss"})
    calls = EngineCalls(context)
    assert calls.separator(choice()).name == "htdemucs"
    forbidden = not load_engines()["htdemucs"].info.licence.commercial
    assert calls.separator(choice(commercial=True)).name == ("hpss" if forbidden else "htdemucs")
    runtime.here = frozenset()
    with pytest.raises(MissingWeights, match="aurax engines"):
        calls.separator(choice())


@pytest.mark.parametrize(("wanted", "found"), [("hpss", "hpss"), ("debug", None), ("hpsss", None)])
async def test_the_separator_of_the_settings_wins(context: WorkerContext, wanted: str, found: str | None) -> None:
    calls = EngineCalls(replace(context, settings=context.settings.model_copy(update={"separator": wanted})))
    if found is not None:
        assert calls.separator(choice()).name == found
    else:
        with pytest.raises(UnknownPlugin, match="a separator among"):
            calls.separator(choice())


async def test_models_with_weights_are_credited_once(here: WorkerContext) -> None:
    engines = load_engines()
    musicgen, hpss = engines["musicgen-small"].info, engines["hpss"].info
    score = Score.from_json(await _any_score(here))
    once = credited(score, musicgen, hpss)
    assert once.plan.credits == (*score.plan.credits, "musicgen-small: CC-BY-NC-4.0")
    assert credited(once, musicgen) == once


async def _any_score(context: WorkerContext) -> bytes:
    run, song_id = ActivityEnvironment().run, uuid.uuid4().hex[:12]
    analysis = await run(SongActivities(context).analyze, song_task(PROMPT, song_id=song_id, seed=1))
    asked = CandidateRequest(song_id=song_id, intent=analysis.intent, take_number=1, index=0, seed=1)
    candidate = await run(CompositionActivities(context).compose_candidate, asked)
    return context.objects.read_bytes(candidate.score)


def request(**options: object) -> SongTask:
    return song_task(PROMPT, **({"seed": 3, "takes": 1, "candidates": 1, "engine": "debug"} | options))


async def make(client: Client, context: WorkerContext, wanted: SongTask) -> Song:
    async with build_worker(client, context.settings, worker_activities(context)):
        return await song_result(await start_song(client, wanted, context.settings))


async def song_total_usd(context: WorkerContext, song_id: str) -> float:
    """What counts against a song's budget."""
    return sum(line.usd for line in await context.ledger.song_lines(song_id))


async def unreferenced(context: WorkerContext) -> set[str]:
    """Stored objects that no song's assets name."""
    named = {asset.key for song in await context.songs.list_songs() for asset in await context.songs.assets(song.id)}
    return set(context.objects.keys()) - named


async def test_what_a_song_cost_is_in_its_record_and_equals_the_ledger(client: Client, context: WorkerContext) -> None:
    wanted = request(budget_usd=2.0)
    song = await make(client, context, wanted)
    record = json.loads(
        next(context.objects.read_bytes(file.object) for file in song.files if file.path == "song.json")
    )
    lines = await context.ledger.song_lines(wanted.song_id)
    assert [(line.stage, line.engine, line.status) for line in lines] == [
        ("generation", "debug", "settled"),
        ("separation", "hpss", "settled"),
    ]
    devices = [line.device or "" for line in lines]
    assert record["cost_usd"] == pytest.approx(sum(price_usd(context, device) for device in devices), abs=2e-6)
    assert record["cost_usd"] == pytest.approx(await song_total_usd(context, wanted.song_id), abs=1e-9)
    assert [(one["name"], one["stage"], one["device"], one["cost_usd"]) for one in record["engines"]] == [
        (line.engine, line.stage, line.device, line.usd) for line in lines
    ]
    assert await unreferenced(context) == set()


async def test_a_song_that_its_budget_does_not_pay_for_calls_nothing_and_leaves_nothing(
    client: Client, context: WorkerContext, runtime: PricedRuntime
) -> None:
    wanted = request(budget_usd=0.0001)
    with pytest.raises(BudgetExceeded) as caught:
        await make(client, context, wanted)
    assert "$0.0001" in caught.value.found
    assert runtime.calls == []
    assert (await context.songs.get_song(wanted.song_id)).status == "failed"
    assert await context.ledger.song_lines(wanted.song_id) == ()
    assert await unreferenced(context) == set()


async def test_a_song_whose_generation_took_longer_than_expected_is_not_separated_beyond_its_budget(
    client: Client, context: WorkerContext, runtime: PricedRuntime
) -> None:
    runtime.seconds = 1000.0
    wanted = request(budget_usd=0.5)
    with pytest.raises(BudgetExceeded, match="hpss"):
        await make(client, context, wanted)
    assert [one.engine for one in runtime.calls] == ["debug"]
    assert await song_total_usd(context, wanted.song_id) == pytest.approx(100 * price_usd(context), abs=1e-6)
    assert await context.songs.assets(wanted.song_id) == ()
    assert await unreferenced(context) == set()


async def test_a_song_called_off_while_generating_keeps_no_reservation_and_no_object(
    client: Client, context: WorkerContext, runtime: PricedRuntime
) -> None:
    runtime.wait_for_cancel = True
    wanted = request(budget_usd=2.0)
    async with build_worker(client, context.settings, worker_activities(context)):
        handle = await start_song(client, wanted, context.settings)
        await asyncio.to_thread(runtime.working.wait, 30)
        await cancel_song(handle)
        with pytest.raises(Cancelled):
            await song_result(handle)
    assert (await only_line(context, wanted.song_id)).status == "failed"
    assert (await context.songs.get_song(wanted.song_id)).status == "cancelled"
    assert await context.songs.assets(wanted.song_id) == ()
    assert await unreferenced(context) == set()
