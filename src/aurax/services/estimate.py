"""What a song will take and cost, as the command and the web interface tell it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict

from aurax.produce.cost.estimate import Estimate, EstimateLine, estimate_song
from aurax.produce.cost.prices import Prices
from aurax.produce.cost.span import Span
from aurax.produce.cost.throughput import Throughput
from aurax.produce.stages import Mode
from aurax.services.prepare import prepare, song_plan, within_budget
from aurax.services.request import SongRequest
from aurax.settings import Settings


class EstimatedStages(BaseModel):
    """An estimate, warm or cold."""

    model_config = ConfigDict(frozen=True)

    usd: Span
    seconds: Span
    stages: tuple[EstimateLine, ...]

    @classmethod
    def of(cls, estimate: Estimate) -> EstimatedStages:
        """The sums and the lines of an estimate."""
        return cls(usd=estimate.usd, seconds=estimate.seconds, stages=estimate.lines)


class SongEstimate(BaseModel):
    """What a song will take and cost."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    duration_s: float
    mode: Mode
    engine: str | None
    runtime: str
    """Where engines run."""
    candidates: int
    takes_at_most: int
    takes_expected: float
    warm: EstimatedStages
    """Where engines are loaded and the servers run already."""
    cold: EstimatedStages
    prompt: str
    budget_usd: float | None
    warnings: tuple[str, ...]


def estimate_request(settings: Settings, request: SongRequest, *, hosted: bool = False) -> SongEstimate:
    """Estimate a song; nothing is started.

    Args:
        settings: where engines run, and the table of prices.
        request: the song.
        hosted: count worker, Temporal and object storage as rented too.

    Raises:
        AuraxError: the song cannot be made, or its budget does not pay for a single candidate.
    """
    prices, throughput = Prices.load(settings.prices), Throughput.load(settings.prices)
    today = datetime.now(UTC).date()
    plan = replace(song_plan(settings, within_budget(settings, prepare(request))), hosted=hosted)
    warm = estimate_song(plan, prices, throughput, today)
    cold = estimate_song(replace(plan, warm=False), prices, throughput, today)
    stale = prices.warning(today)
    return SongEstimate(
        duration_s=plan.duration_s,
        mode=plan.mode,
        engine=plan.engine or None,
        runtime=plan.runtime,
        candidates=plan.candidates,
        takes_at_most=plan.takes,
        takes_expected=warm.takes.typical,
        warm=EstimatedStages.of(warm),
        cold=EstimatedStages.of(cold),
        prompt=request.prompt,
        budget_usd=request.budget_usd,
        warnings=() if stale is None or prices.is_free(plan.runtime) else (stale,),
    )
