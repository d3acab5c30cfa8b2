"""Calling engines: licence checked, money reserved, progress passed on, ledger written."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import numpy as np

from aurax.audio.waveform import Waveform
from aurax.engines.engine import Chunk, EngineInfo, EngineResult, collect
from aurax.engines.engine_registry import find_engine
from aurax.engines.licence import require_licence
from aurax.engines.requests import Kind, Request
from aurax.engines.runtime import EngineCall, Usage
from aurax.errors import BadEngineOutput, Cancelled, MissingWeights
from aurax.produce.cost.estimate import call_estimate_usd
from aurax.produce.cost.throughput import Throughput
from aurax.produce.cost.usage import priced_on, usd_of
from aurax.produce.stages import ENGINE_CHARGES
from aurax.score.score import Score
from aurax.services.context import WorkerContext
from aurax.services.ports import Reservation
from aurax.services.progress_events import ProgressEvents
from aurax.services.task import EngineChoice

T = TypeVar("T")

SEPARATORS = ("bs-roformer", "htdemucs_ft", "htdemucs", "hpss")
"""The order in which `auto` tries them."""
DISCRIMINATOR = "discriminator"
_PEAK = 0.97


@dataclass(frozen=True)
class PaidCall:
    """One call of an engine for a song.

    Args:
        song_id: the song.
        key: names the call among all of the song's, the same when the use case is repeated.
        engine: its name.
        request: what it is asked.
        choice: licence and money.
    """

    song_id: str
    key: str
    engine: str
    request: Request
    choice: EngineChoice


class EngineCalls:
    """Calls engines where the settings say, blocking, from threads.

    Must be made in the event loop.

    Args:
        context: runtime, ledger and prices.
    """

    def __init__(self, context: WorkerContext) -> None:
        self._context = context
        self._loop = asyncio.get_running_loop()

    def info(self, name: str, kind: Kind) -> EngineInfo:
        """What an engine is.

        Raises:
            UnknownPlugin: no such engine, or it is of another kind.
        """
        return find_engine(self._context.engines, name, kind).info

    def separator(self, choice: EngineChoice) -> EngineInfo:
        """The separator that the settings name, or the best one that can run here and that the licence allows.

        Raises:
            UnknownPlugin: the settings name none that is installed.
            MissingWeights: none can run.
        """
        wanted = self._context.settings.separator
        if wanted != "auto":
            return self.info(wanted, "separator")
        for name in SEPARATORS:
            info = self.info(name, "separator")
            allowed = info.licence.commercial or not choice.commercial
            if allowed and self._context.runtime.available(name) is None:
                return info
        raise MissingWeights("a separator that can run", "none", "see 'aurax engines'")

    def can_discriminate(self) -> bool:
        """Whether the neural discriminator can listen to candidates."""
        return DISCRIMINATOR in self._context.engines and self._context.runtime.available(DISCRIMINATOR) is None

    def run(
        self, call: PaidCall, cancelled: threading.Event, on_chunk: Callable[[Chunk], None] | None = None
    ) -> EngineResult:
        """Make one call.

        Args:
            call: what is wanted.
            cancelled: set it to stop.
            on_chunk: sees every chunk as it comes.

        Raises:
            LicenceForbids: the song is commercial and the weights are not.
            BudgetExceeded: the song's budget or the month's cap does not leave what the call may cost.
            concurrent.futures.CancelledError: `cancelled` was set.
            AuraxError: as `EngineRuntime.stream`.
        """
        context, runtime = self._context, self._context.runtime
        info = runtime.info(call.engine)
        require_licence(info.name, info.licence, commercial=call.choice.commercial)
        today = datetime.now(UTC).date()
        figures = Throughput.load(context.settings.prices)
        reservation = self._wait(
            context.ledger.reserve(
                call.song_id,
                ENGINE_CHARGES[info.kind],
                f"{info.name}: {call.key}",
                call_estimate_usd(info, call.request, runtime.name, context.prices, today, figures),
                key=f"{call.song_id}/{call.key}",
                budget_usd=call.choice.budget_usd,
                monthly_cap_usd=context.settings.monthly_cap_usd,
            )
        )
        used: list[Usage] = []

        def note(item: Chunk | Usage) -> Chunk | None:
            if isinstance(item, Usage):
                used.append(item)
                return None
            return item

        try:
            items = runtime.stream(EngineCall(info.name, call.request), cancelled)
            result = collect(info.name, (chunk for chunk in map(note, items) if chunk is not None), on_chunk)
        except BaseException as error:
            self._wait(self._release(reservation, used[-1] if used else None, today))
            if isinstance(error, Cancelled) and cancelled.is_set():
                raise CancelledError from error
            raise
        usage = used[-1]
        self._wait(
            context.ledger.settle(
                reservation,
                usage,
                usd_of(usage, context.prices, today),
                priced_on=priced_on(usage, context.prices, today),
            )
        )
        return result

    async def _release(self, reservation: Reservation, usage: Usage | None, at: date) -> None:
        ledger, prices = self._context.ledger, self._context.prices
        if usage is None:
            await ledger.release(reservation)
        else:
            await ledger.release(reservation, usage, usd_of(usage, prices, at), priced_on=priced_on(usage, prices, at))

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


def credited(score: Score, *infos: EngineInfo) -> Score:
    """A score whose plan names the models that made some of its audio, and their licences."""
    credits = (f"{info.name}: {info.licence.name}" for info in infos if info.needs_weights)
    plan = score.plan.model_copy(update={"credits": tuple(dict.fromkeys((*score.plan.credits, *credits)))})
    return replace(score, plan=plan)


def generated_candidate(info: EngineInfo, generated: EngineResult, number: int) -> Waveform:
    """One candidate within full scale, as 24-bit files need it.

    Args:
        info: of the engine.
        generated: what it made.
        number: of the candidate in its batch, from 0.

    Raises:
        BadEngineOutput: the engine gave no such candidate.
    """
    raw = generated.audio.get(f"candidate-{number}")
    if raw is None or raw.frames == 0:
        raise BadEngineOutput(
            f"candidate {number} from {info.name}", f"only {', '.join(generated.audio) or 'nothing'}", "ask again"
        )
    peak = float(np.abs(raw.samples).max())
    return raw if peak <= _PEAK else Waveform(raw.samples * np.float32(_PEAK / peak), raw.sample_rate)


class Percents:
    """Records the progress of a generation in steps of ten percent; made in the event loop, called from a thread.

    Args:
        events: of the song.
        what: names the generation.
    """

    def __init__(self, events: ProgressEvents, what: str) -> None:
        self._events, self._what = events, what
        self._loop = asyncio.get_running_loop()
        self._recorded = 0

    def __call__(self, chunk: Chunk) -> None:
        """Take note of a chunk."""
        percent = int(chunk.progress * 10.0) * 10
        if percent > self._recorded:
            self._recorded = percent
            recording = self._events.progress("generate", f"{self._what}: {percent} %", detail=f"{percent} %")
            asyncio.run_coroutine_threadsafe(recording, self._loop).result()
