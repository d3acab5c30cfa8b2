"""What a song will take and cost, stage by stage, before any work."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from pydantic import BaseModel, ConfigDict

from aurax.engines.direction import RAW_LIMIT_S
from aurax.engines.engine import EngineInfo
from aurax.engines.requests import (
    DiscriminationRequest,
    GenerationRequest,
    Kind,
    MasteringRequest,
    Request,
    SeparationRequest,
)
from aurax.engines.runtime_registry import LOCAL
from aurax.errors import InvalidOption
from aurax.produce.cost.budget import fit_to_budget
from aurax.produce.cost.prices import Prices
from aurax.produce.cost.span import NOTHING, Span
from aurax.produce.cost.throughput import Throughput
from aurax.produce.cost.usage import usd_per_second
from aurax.produce.stages import ENGINE_CHARGES, Charge, Mode, Stage, stages_of

_SPARE_S = 5.0
"""Two bars at a usual tempo, which generated audio is longer than a short song."""

_RENTED_WORKER = "worker"
"""What the price table calls a worker that is rented too."""


@dataclass(frozen=True)
class SongPlan:
    """What is to be estimated.

    Args:
        duration_s: of the song.
        mode: `symbolic` needs no engine.
        engine: the generator.
        longest_s: the longest audio that it makes.
        separator: takes generated audio apart; the neural mode needs it.
        candidates: generated together in each take of the neural mode.
        takes: the most that are made.
        runtime: `local`, or the host that engines run on.
        device: of a runtime that costs nothing, `cpu` or `cuda`; a host that is paid has one for each engine.
        warm: whether engines are loaded and servers run already; else the first call of each engine is cold.
        hosted: whether the worker, orchestration and storage are rented as well.
    """

    duration_s: float
    mode: Mode = "symbolic"
    engine: str = ""
    longest_s: float = math.inf
    separator: str = "htdemucs_ft"
    candidates: int = 3
    takes: int = 3
    runtime: str = LOCAL
    device: str = "cpu"
    warm: bool = True
    hosted: bool = False

    def __post_init__(self) -> None:
        if self.mode != "symbolic" and not self.engine:
            raise InvalidOption(f"an engine for the {self.mode} mode", "none", "name one with --engine")
        if self.duration_s <= 0 or self.candidates < 1 or self.takes < 1:
            raise InvalidOption(
                "a duration above 0 and at least one candidate and one take",
                f"{self.duration_s:g} s, {self.candidates} candidates, {self.takes} takes",
                "ask for more",
            )

    @property
    def raw_s(self) -> float:
        """How much audio the engines work on: what a song is arranged from, or a layer as long as the song."""
        if self.mode == "dual":
            return min(self.duration_s, self.longest_s)
        return min(self.duration_s + _SPARE_S, RAW_LIMIT_S, self.longest_s)


class EstimateLine(BaseModel):
    """One stage of an estimate."""

    model_config = ConfigDict(frozen=True)

    stage: Charge
    what: str
    device: str
    """Empty where nothing is computed."""
    seconds: Span
    usd: Span
    guess: bool = False
    """Whether it rests on figures that nobody has measured."""


class Estimate(BaseModel):
    """What a song will take and cost."""

    model_config = ConfigDict(frozen=True)

    lines: tuple[EstimateLine, ...]
    duration_s: float
    candidates: int
    takes: Span
    """How many takes are expected."""
    warm: bool

    @property
    def usd(self) -> Span:
        """Of all stages."""
        return total(line.usd for line in self.lines)

    @property
    def seconds(self) -> Span:
        """Of all stages one after the other; time that a container idles delays nothing."""
        return total(line.seconds for line in self.lines if line.stage != "idle")


def estimate_song(plan: SongPlan, prices: Prices, throughput: Throughput, at: date) -> Estimate:
    """Estimate a song.

    Args:
        plan: what is wanted.
        prices: the table.
        throughput: the table.
        at: the day.

    Raises:
        InvalidOption: a price is missing.
    """
    takes = throughput.takes_expected(plan.takes, neural=plan.mode != "symbolic")
    rounds = takes * throughput.line.rounds
    tables = _Tables(plan, prices, throughput, at)
    lines: list[EstimateLine] = []
    for stage in stages_of(plan.mode):
        lines += tables.stage(stage, takes=takes, rounds=rounds)
    if plan.hosted:
        lines += tables.rented(takes)
    elif not plan.warm:
        lines.append(
            EstimateLine(
                stage="orchestration",
                what="start the servers",
                device="cpu",
                seconds=throughput.worker.start_s,
                usd=NOTHING,
            )
        )
    return Estimate(
        lines=tuple(lines), duration_s=plan.duration_s, candidates=plan.candidates, takes=takes, warm=plan.warm
    )


def fit_song_to_budget(
    plan: SongPlan, prices: Prices, throughput: Throughput, at: date, budget_usd: float | None
) -> tuple[int, int]:
    """Choose candidates and takes of a song within its budget.

    The calls of the first take must fit at their highest estimate, because that is what is reserved for them;
    each further take at its typical cost, because the ledger refuses it anyway when too little is left.

    Args:
        plan: with the numbers that are wanted.
        prices: the table.
        throughput: the table.
        at: the day.
        budget_usd: what the song may cost; None for no limit.

    Returns:
        Candidates and takes.

    Raises:
        BudgetExceeded: not even one candidate and one take fit.
        InvalidOption: a price is missing, or the budget is negative.
    """

    def cost_of(candidates: int, takes: int) -> float:
        # Every further take is counted in full; how often it is needed does not matter to what it costs.
        tables = _Tables(plan, prices, throughput, at)
        once = Span.exactly(1)
        calls = [
            line
            for stage in stages_of(plan.mode)
            if stage.engines
            for line in tables.calls(stage, takes=once, rounds=once, candidates=candidates)
        ]
        one = total(line.usd for line in calls if line.stage != "idle")
        return one.high + (takes - 1) * one.typical

    what = f"a song of {plan.duration_s:g} s by {plan.engine or 'AURA-X'}"
    return fit_to_budget(cost_of, candidates=plan.candidates, takes=plan.takes, budget_usd=budget_usd, what=what)


def call_estimate_usd(
    info: EngineInfo,
    request: Request,
    runtime: str,
    prices: Prices,
    at: date,
    throughput: Throughput | None = None,
) -> float:
    """The most that one call is expected to cost, a cold start included; what to reserve for it.

    Args:
        info: of the engine.
        request: what it is asked.
        runtime: `local`, or a host.
        prices: the table.
        at: the day.
        throughput: the table; the one that comes with AURA-X when None.

    Raises:
        InvalidOption: a price is missing.
    """
    if prices.is_free(runtime):
        return 0.0
    batch = len(request.seeds) if isinstance(request, GenerationRequest) else 1
    figures = throughput or Throughput.load()
    device = figures.place_of(runtime, info.name, info.kind).device
    load_s = figures.start_of(runtime, device).load_s
    work_s = _call_seconds(figures, info.name, info.kind, device, audio_s(request), batch)
    return (load_s.high + work_s.high) * float(usd_per_second(runtime, device, prices, at))


def audio_s(request: Request) -> float:
    """How much audio a request wants made or worked on; of a batch, one candidate's."""
    match request:
        case GenerationRequest():
            return request.duration_s
        case SeparationRequest():
            return request.mixture.duration_s * max(1, request.shifts)
        case DiscriminationRequest():
            return request.audio.duration_s
        case MasteringRequest():
            return request.mix.duration_s


def total(spans: Iterable[Span]) -> Span:
    """Their sum."""
    return sum(spans, NOTHING)


def _call_seconds(
    throughput: Throughput, engine: str, kind: Kind, device: str, each_audio_s: float, batch: int
) -> Span:
    speed = throughput.speed_of(engine, kind, device)
    return speed.s_per_audio_s * (each_audio_s * (1 + (batch - 1) * speed.share_of_batch))


@dataclass(frozen=True)
class _Tables:
    """The tables, asked for one plan."""

    plan: SongPlan
    prices: Prices
    throughput: Throughput
    at: date

    def stage(self, stage: Stage, *, takes: Span, rounds: Span) -> tuple[EstimateLine, ...]:
        """The lines of a stage: the engines that it calls, and the worker's own time."""
        lines: tuple[EstimateLine, ...] = ()
        if stage.engines:
            lines = self.calls(stage, takes=takes, rounds=rounds, candidates=self.plan.candidates)
        if stage.worker_time:
            each_s: Span = getattr(self.throughput.worker, stage.worker_time)
            what = stage.worker_time.replace("_", " ")
            lines += (self.work(stage.charge, what, each_s * (rounds if stage.each_round else takes)),)
        return lines

    def calls(self, stage: Stage, *, takes: Span, rounds: Span, candidates: int) -> tuple[EstimateLine, ...]:
        """The lines of a stage's engines; a layer is one call in each take, and nothing judges it."""
        plan = self.plan
        if plan.mode == "dual":
            return self.engine(plan.engine, "generator", takes)
        lines: tuple[EstimateLine, ...] = ()
        for kind in stage.engines:
            if kind == "generator":
                lines += self.engine(plan.engine, kind, rounds, batch=candidates)
            elif kind == "discriminator":
                lines += self.engine("discriminator", kind, rounds, calls=candidates)
            else:
                lines += self.engine(plan.separator, kind, takes)
        return lines

    def engine(
        self, engine: str, kind: Kind, times: Span, *, batch: int = 1, calls: int = 1
    ) -> tuple[EstimateLine, ...]:
        """The lines of an engine: its calls, and the time its container idles after a cold song."""
        plan = self.plan
        place = None if self.prices.is_free(plan.runtime) else self.throughput.place_of(plan.runtime, engine, kind)
        device = plan.device if place is None else place.device
        start = self.throughput.start_of(plan.runtime, device)
        speed = self.throughput.speed_of(engine, kind, device)
        seconds = _call_seconds(self.throughput, engine, kind, device, plan.raw_s, batch) * times * calls
        rate = float(usd_per_second(plan.runtime, device, self.prices, self.at))
        if not plan.warm:
            seconds += start.load_s
        work = EstimateLine(
            stage=ENGINE_CHARGES[kind],
            what=engine,
            device=device,
            seconds=seconds,
            usd=seconds * rate,
            guess=speed.guess or (start.guess and not plan.warm),
        )
        if plan.warm or place is None:
            return (work,)
        idle = EstimateLine(
            stage="idle",
            what=f"{engine}, waiting",
            device=device,
            seconds=place.idle_s,
            usd=place.idle_s * rate,
        )
        return work, idle

    def work(self, stage: Charge, what: str, each_s: Span) -> EstimateLine:
        """A line of the worker."""
        seconds = each_s * self.plan.duration_s
        rate = float(usd_per_second(_RENTED_WORKER, "cpu", self.prices, self.at)) if self.plan.hosted else 0.0
        return EstimateLine(stage=stage, what=what, device="cpu", seconds=seconds, usd=seconds * rate)

    def rented(self, takes: Span) -> tuple[EstimateLine, ...]:
        """The lines of orchestration and a month of storage."""
        line = self.throughput.line
        actions = line.actions_per_take * takes * self._each("temporal/action", 1_000_000)
        stored = line.gb_per_song * self._each("storage/r2", 1)
        written = line.writes_per_song * self._each("storage/r2-writes", 1_000_000)
        return (
            EstimateLine(stage="orchestration", what="Temporal Cloud", device="", seconds=NOTHING, usd=actions),
            EstimateLine(stage="storage", what="objects, one month", device="", seconds=NOTHING, usd=stored + written),
        )

    def _each(self, name: str, units: int) -> float:
        return float(self.prices.price_at(name, self.at).usd) / units
