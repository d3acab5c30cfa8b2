"""`aurax cost`: what songs cost, estimated and as really measured."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from aurax.adapters.cli.console import fail, print_json, stdout
from aurax.adapters.cli.cost_text import note, span_usd
from aurax.adapters.cli.library import open_database
from aurax.errors import AuraxError
from aurax.produce.cost.money import from_micro_usd, usd_text
from aurax.settings import Settings
from aurax.text import one_line

if TYPE_CHECKING:
    from aurax.produce.cost.ledger_line import LedgerLine
    from aurax.produce.cost.prices import Prices
    from aurax.produce.cost.report import CostRow, CostTable, PaidSong

_ENGINES = ("musicgen-large", "ace-step")
"""Tabled as long as no song was paid for."""


def cost(
    song: Annotated[str | None, typer.Option(metavar="ID", help="The lines of one song, by its id.")] = None,
    month: Annotated[str | None, typer.Option(metavar="YYYY-MM", help="The songs of one month (UTC).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what a three-minute song costs, estimated and as really measured; or what one song or one month has cost."""
    try:
        settings = Settings.load()
        if song is not None:
            asyncio.run(_song(settings, song, as_json))
        elif month is not None:
            asyncio.run(_month(settings, month, as_json))
        else:
            asyncio.run(_overview(settings, as_json))
    except AuraxError as error:
        fail(error, as_json=as_json)


async def _overview(settings: Settings, as_json: bool) -> None:
    from aurax.produce.cost.estimate import SongPlan, estimate_song
    from aurax.produce.cost.prices import Prices
    from aurax.produce.cost.report import SONG_S, cost_table, engines_paid
    from aurax.produce.cost.throughput import Throughput

    songs = await _paid_songs(settings)
    prices, throughput, today = Prices.load(settings.prices), Throughput.load(settings.prices), datetime.now(UTC).date()
    tables = []
    for engine in engines_paid(songs) or _ENGINES:
        plan = SongPlan(SONG_S, "neural", engine, runtime=_runtime(settings, prices), hosted=True)
        warm, cold = (
            estimate_song(replace(plan, warm=is_warm), prices, throughput, today) for is_warm in (True, False)
        )
        tables.append(cost_table(engine, warm, cold, songs))
    this_month = today.strftime("%Y-%m")
    spent_usd, held_usd = _spent(await _month_lines(settings, this_month))
    stale = prices.warning(today)
    general = [] if stale is None else [stale]
    if as_json:
        print_json(
            {
                "tables": [table.model_dump(mode="json") for table in tables],
                "month": this_month,
                "month_usd": spent_usd,
                "month_reserved_usd": held_usd,
                "monthly_cap_usd": settings.monthly_cap_usd,
                "warnings": general,
            }
        )
        return
    console = stdout()
    for table in tables:
        _print_table(console, table)
    cap = "no cap" if settings.monthly_cap_usd is None else f"cap {usd_text(settings.monthly_cap_usd)}"
    held = f", {usd_text(held_usd)} reserved" if held_usd else ""
    console.print(f"{this_month}: {usd_text(spent_usd)} spent{held}, {cap}.")
    note([*general, *(f"{table.engine}: {warning}" for table in tables for warning in table.warnings)])


def _runtime(settings: Settings, prices: Prices) -> str:
    """The host whose prices are tabled: the chosen one; where that costs nothing, the first that does not."""
    from aurax.engines.runtime_registry import load_runtimes

    return next((name for name in (settings.gpu, *load_runtimes()) if not prices.is_free(name)), settings.gpu)


def _print_table(console: Console, costs: CostTable) -> None:
    from aurax.produce.cost.report import SONGS_A_MONTH

    console.print(f"[bold]A song of three minutes by {escape(costs.engine)}[/]")
    table = Table("", "warm", "cold", "measured", "calls", "differs", box=None, header_style="bold")
    for row in costs.rows:
        warm, cold = usd_text(row.warm_usd.typical), usd_text(row.cold_usd.typical)
        table.add_row(row.name, warm, cold, *_measured(row))
    whole = costs.total
    table.add_row("total", span_usd(whole.warm_usd), span_usd(whole.cold_usd), *_measured(whole), style="bold")
    many = whole.measured
    table.add_row(
        f"{SONGS_A_MONTH} songs a month",
        span_usd(whole.warm_usd * SONGS_A_MONTH),
        span_usd(whole.cold_usd * SONGS_A_MONTH),
        "" if many is None else usd_text(many.usd * SONGS_A_MONTH),
    )
    aim = "" if costs.target_usd is None else f", aim {usd_text(costs.target_usd)}"
    table.add_row("cap for a song", f"{usd_text(costs.cap_usd)}{aim}")
    console.print(table)
    if costs.songs:
        console.print(
            f"Measured on {costs.songs} songs, scaled to three minutes; what runs here costs nothing there.\n"
        )
    else:
        console.print("Nothing measured yet: the ledger has no paid call of a finished song by this engine.\n")


def _measured(row: CostRow) -> tuple[str, str, str]:
    measured = row.measured
    if measured is None:
        return "–", "", ""
    calls = f"{measured.calls}, {measured.cold_calls} cold"
    return usd_text(measured.usd), calls, "" if measured.difference is None else f"{measured.difference:+.0%}"


async def _song(settings: Settings, song_id: str, as_json: bool) -> None:
    from aurax.adapters.sql.ledger import Ledger
    from aurax.adapters.sql.songs import Songs

    async with open_database(settings) as database:
        song = await Songs(database).get_song(song_id)
        lines = await Ledger(database).song_lines(song.id)
    if as_json:
        print_json({"song": song.id, **_lines_json(lines)})
        return
    console = stdout()
    console.print(f"[bold]{escape(one_line(song.title or song.prompt))}[/]  {song.id}")
    _print_lines(console, lines)


async def _month(settings: Settings, month: str, as_json: bool) -> None:
    lines = await _month_lines(settings, month)
    if as_json:
        print_json({"month": month, "monthly_cap_usd": settings.monthly_cap_usd, **_lines_json(lines)})
        return
    console = stdout()
    songs = sorted({line.song_id or "" for line in lines})
    table = Table("song", "calls", "cost", box=None, header_style="bold")
    for song in songs:
        mine = [line for line in lines if (line.song_id or "") == song]
        table.add_row(song[:8] or "none", str(len(mine)), usd_text(sum(line.usd for line in mine)))
    if songs:
        console.print(table)
    _print_total(console, lines)


def _print_lines(console: Console, lines: Sequence[LedgerLine]) -> None:
    table = Table("when", "stage", "call", "on", "time", "start", "cost", "expected", box=None, header_style="bold")
    for line in lines:
        table.add_row(
            line.at.strftime("%Y-%m-%d %H:%M"),
            line.stage if line.status == "settled" else f"{line.stage} ({line.status})",
            escape(line.what),
            f"{line.runtime or ''} {line.device or ''}".strip(),
            f"{line.seconds:.1f} s",
            f"cold, {line.load_s:.1f} s" if line.cold else "warm",
            usd_text(line.usd),
            usd_text(from_micro_usd(line.estimate_micro_usd)),
        )
    if lines:
        console.print(table)
    _print_total(console, lines)


def _print_total(console: Console, lines: Sequence[LedgerLine]) -> None:
    if not lines:
        console.print("Nothing was paid, and nothing ran that is counted.")
        return
    spent_usd, held_usd = _spent(lines)
    console.print(f"total {usd_text(spent_usd)}" + (f", and {usd_text(held_usd)} reserved" if held_usd else ""))


def _lines_json(lines: Sequence[LedgerLine]) -> dict[str, Any]:
    spent_usd, held_usd = _spent(lines)
    return {
        "usd": spent_usd,
        "reserved_usd": held_usd,
        "lines": [{**line.model_dump(mode="json"), "usd": line.usd} for line in lines],
    }


def _spent(lines: Sequence[LedgerLine]) -> tuple[float, float]:
    """What ended calls have cost, and what is reserved for others."""
    held = sum(line.micro_usd for line in lines if line.status == "reserved")
    return from_micro_usd(sum(line.micro_usd for line in lines) - held), from_micro_usd(held)


async def _month_lines(settings: Settings, month: str) -> tuple[LedgerLine, ...]:
    from aurax.adapters.sql.ledger import Ledger

    async with open_database(settings) as database:
        return await Ledger(database).month_lines(month)


async def _paid_songs(settings: Settings) -> tuple[PaidSong, ...]:
    from aurax.adapters.sql.ledger import Ledger
    from aurax.adapters.sql.songs import Songs
    from aurax.produce.cost.report import PaidSong

    async with open_database(settings) as database:
        lines = await Ledger(database).lines()
        durations_s = await Songs(database).durations_s()
    of_song: dict[str | None, list[LedgerLine]] = {}
    for line in lines:
        of_song.setdefault(line.song_id, []).append(line)
    return tuple(PaidSong(duration_s, tuple(of_song.get(song_id, ()))) for song_id, duration_s in durations_s.items())
