"""`aurax styles` and `aurax instruments`: what is installed, plug-ins included."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from aurax.adapters.cli.console import print_json, stdout
from aurax.score.instrument import InstrumentInfo

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def styles(as_json: AsJson = False) -> None:
    """List the styles a prompt can ask for."""
    from aurax.compose.catalogue import load_styles

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
    from aurax.render.catalogue import load_instruments

    infos = [instrument.info for instrument in load_instruments().values()]
    if as_json:
        print_json([info.model_dump() for info in infos])
        return
    table = Table("instrument", "roles", "range", "knobs", "what it is", box=None, header_style="bold")
    for info in infos:
        knobs = ", ".join(parameter.name for parameter in info.parameters)
        table.add_row(info.name, ", ".join(info.roles), _range(info), knobs, info.description)
    stdout().print(table)


def _range(info: InstrumentInfo) -> str:
    if info.is_kit:
        return f"{len(info.drum_voices)} drums"
    if not info.pitched:
        return "noise"
    return f"{_note_name(info.lowest_pitch)}–{_note_name(info.highest_pitch)}"


def _note_name(pitch: int) -> str:
    names = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
    return f"{names[pitch % 12]}{pitch // 12 - 1}"
