"""A request, understood and checked before anything starts: the same check for the command, the estimate and Python."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aurax.engines.engine import EngineContext
from aurax.engines.engine_registry import find_engine, load_engines
from aurax.engines.licence import require_licence
from aurax.engines.requirements import missing_packages, missing_requirement
from aurax.engines.runtime_registry import LOCAL
from aurax.errors import InvalidOption, MissingExtra, MissingWeights
from aurax.intent.intent import Intent
from aurax.services.request import SongRequest
from aurax.services.understand import understand
from aurax.settings import Settings

if TYPE_CHECKING:
    from aurax.produce.cost.estimate import SongPlan


@dataclass(frozen=True)
class PreparedSong:
    """A request that can be made.

    Args:
        request: with the engine's own name, and commercial where the prompt says so.
        intent: the prompt, understood.
    """

    request: SongRequest
    intent: Intent


def prepare(request: SongRequest) -> PreparedSong:
    """Understand a request and refuse what cannot be made.

    Args:
        request: what is wanted.

    Raises:
        InvalidPrompt: the prompt is empty, too long or asks for the impossible.
        InvalidOption: the options contradict each other.
        UnknownPlugin: no such style, or no such generator.
        LicenceForbids: the song is for commercial use, and the engine's weights are not.
    """
    intent = understand(request)
    commercial = request.commercial or intent.commercial
    engine = _engine(request, commercial=commercial)
    return PreparedSong(request.model_copy(update={"commercial": commercial, "engine": engine}), intent)


def song_plan(settings: Settings, song: PreparedSong) -> SongPlan:
    """What the estimate must know of a song.

    Args:
        settings: where engines run, and which separator is used.
        song: the song.
    """
    from aurax.produce.cost.estimate import SongPlan

    request = song.request
    plan = SongPlan(
        duration_s=song.intent.duration_s,
        mode=request.mode,
        engine=request.engine or "",
        separator=SongPlan.separator if settings.separator == "auto" else settings.separator,
        candidates=request.candidates,
        takes=request.takes,
        runtime=settings.gpu,
        device="cuda" if settings.device == "cuda" else "cpu",
    )
    if request.engine is None:
        return plan
    return replace(plan, longest_s=find_engine(load_engines(), request.engine, "generator").info.longest_s)


def within_budget(settings: Settings, song: PreparedSong) -> PreparedSong:
    """The song with as many candidates and takes as its budget pays for.

    Args:
        settings: where engines run, and the table of prices.
        song: the song.

    Raises:
        BudgetExceeded: the budget does not pay for a single candidate.
    """
    budget_usd = song.request.budget_usd
    if budget_usd is None or song.request.engine is None or settings.gpu == LOCAL:
        return song
    from aurax.produce.cost.estimate import fit_song_to_budget
    from aurax.produce.cost.prices import Prices
    from aurax.produce.cost.throughput import Throughput

    plan = replace(song_plan(settings, song), warm=False)
    tables = Prices.load(settings.prices), Throughput.load(settings.prices)
    candidates, takes = fit_song_to_budget(plan, *tables, datetime.now(UTC).date(), budget_usd)
    fitted = song.request.model_copy(update={"candidates": candidates, "takes": takes})
    return replace(song, request=fitted)


def require_engine(settings: Settings, engine: str | None) -> None:
    """Refuse an engine that cannot run on this machine; engines elsewhere are asked when they are called.

    Args:
        settings: where engines run and where their weights are.
        engine: name of an installed engine; None for none.

    Raises:
        MissingExtra: packages are missing.
        MissingWeights: the weights are not there, or a GPU is asked for where there is none.
    """
    if engine is None or settings.gpu != LOCAL:
        return
    info = find_engine(load_engines(), engine).info
    context = EngineContext(settings.weights_dir, device=settings.device, precision=settings.precision)
    missing = missing_requirement(info, context)
    if missing is None:
        return
    found, _, fix = missing.partition(": ")
    kind = MissingExtra if info.extra and missing_packages(info.extra) else MissingWeights
    raise kind(f"{engine} to be able to run here", found, fix or "see 'aurax engines'")


def _engine(request: SongRequest, *, commercial: bool) -> str | None:
    """The engine's own name, allowed and able to do what is asked."""
    if request.engine is None:
        if request.dual:
            raise InvalidOption(
                "an engine for the layer of a dual song", "none", "add --engine NAME, such as musicgen-melody"
            )
        return None
    info = find_engine(load_engines(), request.engine, "generator").info
    if request.dual and "melody" not in info.conditions:
        raise InvalidOption(
            "an engine that can follow a melody for a dual song",
            f"{info.name}, which takes {', '.join(sorted(info.conditions))}",
            "choose another ('aurax engines' lists what each takes), or leave --dual out",
        )
    require_licence(info.name, info.licence, commercial=commercial)
    return info.name
