"""The engine of an order: which, for which mode, licence and budget; refused before anything starts."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from aurax.adapters.temporal.payloads import SongRequest
from aurax.engines.engine import EngineContext
from aurax.engines.engine_registry import find_engine, load_engines
from aurax.engines.licence import require_licence
from aurax.engines.requirements import missing_packages, missing_requirement
from aurax.errors import InvalidOption, MissingExtra, MissingWeights
from aurax.intent.intent import Intent
from aurax.settings import Settings

SYMBOLIC = "symbolic"


def engine_options(engine: str | None, *, dual: bool, commercial: bool, budget_usd: float | None) -> dict[str, Any]:
    """What an order's engine options mean for the song's request.

    Args:
        engine: name or alias of a generator; None or `symbolic` for notes played by instruments.
        dual: whether the engine adds a layer to composed notes, rather than making all of the audio.
        commercial: whether the song is meant for trade.
        budget_usd: the most that paid calls may cost.

    Returns:
        `mode`, `engine`, `commercial` and `budget_usd` of a `SongRequest`.

    Raises:
        UnknownPlugin: no generator of that name.
        InvalidOption: the options contradict each other, or the budget is no amount.
        LicenceForbids: the song is for trade and the engine's weights are not.
    """
    if budget_usd is not None and not (math.isfinite(budget_usd) and budget_usd >= 0.0):
        raise InvalidOption("a budget of 0 dollars or more", f"{budget_usd:g}", "give an amount such as 0.50")
    options: dict[str, Any] = {"commercial": commercial, "budget_usd": budget_usd}
    if engine is None or engine == SYMBOLIC:
        if dual:
            raise InvalidOption(
                "an engine for the layer of a dual song", "none", "add --engine NAME, such as musicgen-melody"
            )
        return options
    info = find_engine(load_engines(), engine, "generator").info
    if dual and "melody" not in info.conditions:
        raise InvalidOption(
            "an engine that can follow a melody for a dual song",
            f"{info.name}, which takes {', '.join(sorted(info.conditions))}",
            "choose another ('aurax engines' tells what each takes), or leave --dual out",
        )
    require_licence(info.name, info.licence, commercial=commercial)
    return {**options, "mode": "dual" if dual else "neural", "engine": info.name}


def require_engine(settings: Settings, engine: str) -> None:
    """Refuse an engine that cannot run on this machine; engines elsewhere are asked when they are called.

    Args:
        settings: where engines run and where their weights are.
        engine: name of an installed engine; empty for none.

    Raises:
        MissingExtra: packages are missing.
        MissingWeights: the weights are not there, or a GPU is asked for where there is none.
    """
    if not engine or settings.gpu != "local":
        return
    info = find_engine(load_engines(), engine).info
    context = EngineContext(settings.weights_dir, device=settings.device, precision=settings.precision)
    lacking = missing_requirement(info, context)
    if lacking is None:
        return
    found, _, fix = lacking.partition(": ")
    kind = MissingExtra if info.extra and missing_packages(info.extra) else MissingWeights
    raise kind(f"{engine} to be able to run here", found, fix or "see 'aurax engines'")


def within_budget(settings: Settings, request: SongRequest, intent: Intent) -> SongRequest:
    """The request with as many candidates and takes as its budget pays for.

    Args:
        settings: where engines run, and the table of prices.
        request: what was asked.
        intent: tells how long the song is.

    Raises:
        BudgetExceeded: the budget does not pay for a single candidate.
        UnknownPlugin: no such engine.
    """
    if request.budget_usd is None or request.mode == "symbolic" or settings.gpu == "local":
        return request
    from aurax.produce.cost.estimate import SongPlan, fit_song_to_budget
    from aurax.produce.cost.prices import Prices
    from aurax.produce.cost.throughput import Throughput

    plan = SongPlan(
        duration_s=intent.duration_s,
        mode=request.mode,
        engine=request.engine,
        longest_s=find_engine(load_engines(), request.engine, "generator").info.longest_s,
        separator=SongPlan.separator if settings.separator == "auto" else settings.separator,
        candidates=request.candidates,
        takes=request.takes,
        runtime=settings.gpu,
        warm=False,
    )
    tables = Prices.load(settings.prices), Throughput.load(settings.prices)
    candidates, takes = fit_song_to_budget(plan, *tables, datetime.now(UTC).date(), request.budget_usd)
    return request.model_copy(update={"candidates": candidates, "takes": takes})
