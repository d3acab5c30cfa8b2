"""`aurax backup` and `aurax restore`: an embedded installation into a folder, and back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from aurax.adapters.cli.console import fail, print_json, stderr, stdout
from aurax.adapters.cli.library import AsJson, open_database
from aurax.errors import AuraxError
from aurax.settings import Settings


def backup(
    out: Annotated[Path, typer.Option(metavar="DIR", help="A folder that is not there yet, or is empty.")],
    as_json: AsJson = False,
) -> None:
    """Copy the database and all stored files into a folder; songs may be made meanwhile."""
    from aurax.adapters.local.backup import back_up

    try:
        settings = Settings.load()
        if settings.database_url is None and (settings.data_dir / "aurax.db").exists():
            asyncio.run(_bring_up_to_date(settings))
        made = back_up(settings, out)
    except AuraxError as error:
        fail(error, as_json=as_json)
    if as_json:
        print_json({"folder": str(out), **made.model_dump(mode="json")})
        return
    stdout().print(str(out), markup=False)
    stdout().print(f"{made.songs} songs, {made.objects} files, {made.object_bytes / 1e6:.1f} MB", markup=False)
    if made.unfinished:
        stderr().print(f"{made.unfinished} songs in the making are kept as what was asked for", markup=False)
    _tell_missing(made.missing)


def restore(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What `aurax backup` wrote.")], as_json: AsJson = False
) -> None:
    """Put a backup into the data folder, which must have no database yet."""
    from aurax.adapters.local.backup import restore

    try:
        settings = Settings.load()
        restored = restore(settings, folder)
        asyncio.run(_bring_up_to_date(settings))
    except AuraxError as error:
        fail(error, as_json=as_json)
    if as_json:
        print_json(
            {
                "data_dir": str(restored.folder),
                "songs": restored.songs,
                "unfinished": list(restored.unfinished),
                "missing": list(restored.missing),
            }
        )
        return
    stdout().print(f"{restored.songs} songs restored to {restored.folder}", markup=False)
    for song_id in restored.unfinished:
        stdout().print(f"was in the making; make it with: aurax resume {song_id[:8]}", markup=False)
    _tell_missing(restored.missing)


async def _bring_up_to_date(settings: Settings) -> None:
    async with open_database(settings):
        return


def _tell_missing(keys: tuple[str, ...]) -> None:
    if keys:
        stderr().print(f"{len(keys)} files are gone or damaged; their songs are made again when resumed:", markup=False)
        for key in keys:
            stderr().print(f"  {key}", markup=False)
