"""`aurax styles`, `aurax instruments` and `aurax engines`: what is installed, plug-ins included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from aurax.adapters.cli.console import print_json, stdout
from aurax.score.instrument import InstrumentInfo

if TYPE_CHECKING:
    from aurax.engines.engine import EngineInfo

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def styles(as_json: AsJson = False) -> None:
    """List the styles a prompt can ask for."""
    from aurax.compose.style_registry import load_styles

    infos = [style.info for style in load_styles().values()]
    if as_json:
        print_json([info.model_dump() for info in infos])
        return
    table = Table("style", "title", "tempo", "keys", "also answers to", box=None, header_style="bold")
    for info in infos:
        low, high = info.tempo_range_bpm
        table.add_row(
            info.name,
            info.title,
            f"{low:g}–{high:g} bpm",
            ", ".join(info.typical_keys[:3]),
            ", ".join(info.aliases[:6]),
        )
    stdout().print(table)


def instruments(as_json: AsJson = False) -> None:
    """List the instruments, their roles and their knobs."""
    from aurax.render.instrument_registry import load_instruments

    infos = [instrument.info for instrument in load_instruments().values()]
    if as_json:
        print_json([info.model_dump() for info in infos])
        return
    table = Table("instrument", "roles", "range", "knobs", "what it is", box=None, header_style="bold")
    for info in infos:
        knobs = ", ".join(parameter.name for parameter in info.parameters)
        table.add_row(info.name, ", ".join(info.roles), _range(info), knobs, info.description)
    stdout().print(table)


def engines(as_json: AsJson = False) -> None:
    """List the engines, their licences, and whether they can run here."""
    from aurax.engines.engine import EngineContext
    from aurax.engines.engine_registry import load_engines
    from aurax.engines.requirements import missing_requirement
    from aurax.settings import Settings

    settings = Settings.load()
    context = EngineContext(settings.weights_dir, device=settings.device, precision=settings.precision)
    infos = [spec.info for spec in load_engines().values()]
    missing = {info.name: missing_requirement(info, context) for info in infos}
    if as_json:
        print_json([{**info.model_dump(mode="json"), "lacks": missing[info.name]} for info in infos])
        return
    console = stdout()
    for kind in dict.fromkeys(info.kind for info in infos):
        table = Table(box=None, header_style="bold")
        table.add_column(kind, no_wrap=True)
        for column in ("here", "commercial use", "licence"):
            table.add_column(column)
        table.add_column("gives" if kind == "separator" else "longest, and takes")
        for info in infos:
            if info.kind == kind:
                table.add_row(
                    info.name,
                    "ready" if missing[info.name] is None else _short(missing[info.name] or ""),
                    "yes" if info.licence.commercial else "no",
                    info.licence.name.removeprefix("LicenseRef-"),
                    ", ".join(info.outputs) if kind == "separator" else _abilities(info),
                )
        console.print(table)
        console.print()
    console.print(f"Weights are in {settings.weights_dir}, one folder for each engine, named after it.", soft_wrap=True)


def _abilities(info: EngineInfo) -> str:
    longest = f"{info.longest_s / 60:.0f} min" if info.longest_s >= 60 else f"{info.longest_s:.0f} s"
    return ", ".join([longest, *sorted(info.conditions - {"text", "seed", "duration"})])


def _short(missing: str) -> str:
    return "needs packages" if "packages" in missing else "needs weights" if "weights" in missing else "needs a GPU"


def _range(info: InstrumentInfo) -> str:
    if info.is_kit:
        return f"{len(info.drum_voices)} drums"
    if not info.pitched:
        return "noise"
    return f"{_note_name(info.lowest_pitch)}–{_note_name(info.highest_pitch)}"


def _note_name(pitch: int) -> str:
    names = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
    return f"{names[pitch % 12]}{pitch // 12 - 1}"
