"""`aurax estimate`: what a song will take and cost, before anything is started."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

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
    from aurax.services.estimate import SongEstimate


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
    from aurax.services.estimate import estimate_request

    try:
        found = estimate_request(Settings.load(gpu=gpu), request, hosted=hosted)
    except AuraxError as error:
        fail(error, as_json=as_json)
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    _print(stdout(), found)
    if request.budget_usd is not None:
        budget = usd_text(request.budget_usd)
        pays = f"{budget} pays for {found.candidates} candidates in each of at most {found.takes_at_most} takes."
        stdout().print(pays, soft_wrap=True)
    note(list(found.warnings))


def _print(console: Console, found: SongEstimate) -> None:
    warm, cold = found.warm, found.cold
    by = f" by {found.engine}, {found.candidates} candidates" if found.engine else ""
    takes = f"{found.takes_expected:.1f} takes expected, at most {found.takes_at_most}"
    console.print(f"A song of {found.duration_s:g} s{escape(by)}, {takes}:", soft_wrap=True)
    free = cold.usd.high == 0
    columns = ("stage", "by", "on", "time, warm", "time, cold", *(() if free else ("cost, warm", "cost, cold")))
    table = Table(*columns, box=None, header_style="bold")
    warm_lines = {(line.stage, line.what): line for line in warm.stages}
    for line in cold.stages:
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
    if any(line.guess for line in cold.stages):
        console.print("? rests on figures that nobody has measured.", soft_wrap=True)
    if free:
        console.print("It costs nothing: everything runs on this machine.", soft_wrap=True)
