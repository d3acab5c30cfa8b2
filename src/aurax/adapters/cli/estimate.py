"""`aurax estimate`: what a song will take and cost, before anything is started."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from aurax.adapters.cli.console import fail, print_json, stdout
from aurax.adapters.cli.cost_text import note, span_time, span_usd, time_text
from aurax.adapters.cli.request_options import takes_request
from aurax.errors import AuraxError
from aurax.produce.cost.money import usd_text
from aurax.services.request import SongRequest
from aurax.settings import Settings

if TYPE_CHECKING:
    from aurax.produce.cost.estimate import Estimate, SongPlan


@takes_request
def estimate(
    request: SongRequest,
    gpu: Annotated[
        str | None,
        typer.Option(
            metavar="WHERE", help="Where engines run: local, or an installed host such as modal; AURAX_GPU by default."
        ),
    ] = None,
    hosted: Annotated[
        bool, typer.Option("--hosted", help="Count worker, Temporal and object storage as rented too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Estimate what a song will take and cost; nothing is started."""
    from aurax.produce.cost.estimate import estimate_song
    from aurax.produce.cost.prices import Prices
    from aurax.produce.cost.throughput import Throughput
    from aurax.services.prepare import prepare, song_plan, within_budget

    try:
        settings = Settings.load(gpu=gpu)
        prices, throughput = Prices.load(settings.prices), Throughput.load(settings.prices)
        today = datetime.now(UTC).date()
        plan = replace(song_plan(settings, within_budget(settings, prepare(request))), hosted=hosted)
        warm = estimate_song(plan, prices, throughput, today)
        cold = estimate_song(replace(plan, warm=False), prices, throughput, today)
    except AuraxError as error:
        fail(error, as_json=as_json)
    stale = prices.warning(today)
    warnings = [] if stale is None or prices.is_free(plan.runtime) else [stale]
    budget_usd = request.budget_usd
    if as_json:
        print_json(
            {**_json(plan, warm, cold), "prompt": request.prompt, "budget_usd": budget_usd, "warnings": warnings}
        )
        return
    _print(stdout(), plan, warm, cold)
    if budget_usd is not None:
        pays = f"{usd_text(budget_usd)} pays for {plan.candidates} candidates in each of at most {plan.takes} takes."
        stdout().print(pays, soft_wrap=True)
    note(warnings)


def _print(console: Console, plan: SongPlan, warm: Estimate, cold: Estimate) -> None:
    by = f" by {plan.engine}, {plan.candidates} candidates" if plan.engine else ""
    takes = f"{warm.takes.typical:.1f} takes expected, at most {plan.takes}"
    console.print(f"A song of {plan.duration_s:g} s{escape(by)}, {takes}:", soft_wrap=True)
    free = cold.usd.high == 0
    columns = ("stage", "by", "on", "time, warm", "time, cold", *(() if free else ("cost, warm", "cost, cold")))
    table = Table(*columns, box=None, header_style="bold")
    warm_lines = {(line.stage, line.what): line for line in warm.lines}
    for line in cold.lines:
        same = warm_lines.get((line.stage, line.what))
        cells = [line.stage, escape(line.what) + (" ?" if line.guess else ""), line.device]
        cells += ["" if same is None else time_text(same.seconds.typical), time_text(line.seconds.typical)]
        if not free:
            cells += ["" if same is None else usd_text(same.usd.typical), usd_text(line.usd.typical)]
        table.add_row(*cells)
    totals = ["total", "", "", span_time(warm.seconds), span_time(cold.seconds)]
    table.add_row(*totals, *(() if free else (span_usd(warm.usd), span_usd(cold.usd))), style="bold")
    console.print(table)
    console.print("Typical (least–most). Warm: engines are loaded and the servers run already.", soft_wrap=True)
    if any(line.guess for line in cold.lines):
        console.print("? rests on figures that nobody has measured.", soft_wrap=True)
    if free:
        console.print("It costs nothing: everything runs on this machine.", soft_wrap=True)


def _json(plan: SongPlan, warm: Estimate, cold: Estimate) -> dict[str, Any]:
    return {
        "duration_s": plan.duration_s,
        "mode": plan.mode,
        "engine": plan.engine or None,
        "runtime": plan.runtime,
        "candidates": plan.candidates,
        "takes_at_most": plan.takes,
        "takes_expected": warm.takes.typical,
        "warm": _one(warm),
        "cold": _one(cold),
    }


def _one(estimate: Estimate) -> dict[str, Any]:
    return {
        "usd": estimate.usd.model_dump(),
        "seconds": estimate.seconds.model_dump(),
        "stages": [line.model_dump(mode="json") for line in estimate.lines],
    }
