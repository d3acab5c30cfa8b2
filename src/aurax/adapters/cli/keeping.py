"""`aurax rm` and `aurax gc`: what AURA-X keeps of songs, and letting go of it."""

from __future__ import annotations

import asyncio
import re
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from aurax.adapters.cli.console import fail, print_json, stdout
from aurax.adapters.cli.library import AsJson, open_database
from aurax.errors import AuraxError, InvalidOption
from aurax.settings import Settings

if TYPE_CHECKING:
    from aurax.adapters.local.tidying import Tidied

_AGE = re.compile(r"(\d{1,5})\s*([dhw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def rm(
    song_ids: Annotated[list[str], typer.Argument(metavar="ID...", help="The songs' ids, or their beginnings.")],
    cancel: Annotated[bool, typer.Option("--cancel", help="Cancel a song that nobody waits for first.")] = False,
    as_json: AsJson = False,
) -> None:
    """Forget songs and delete what is stored for them; delivered folders are not touched."""
    try:
        removed = asyncio.run(_rm(Settings.load(), song_ids, cancel))
    except AuraxError as error:
        fail(error, as_json=as_json)
    if as_json:
        print_json({"songs": removed})
    else:
        stdout().print(f"{len(removed)} songs forgotten; delivered folders are as they were", markup=False)


def gc(
    keep: Annotated[int | None, typer.Option(min=0, metavar="N", help="Keep the newest N songs.")] = None,
    older_than: Annotated[
        str | None, typer.Option(metavar="AGE", help="Forget songs of this age or more, such as 30d, 12h or 2w.")
    ] = None,
    grace: Annotated[
        str, typer.Option(metavar="AGE", help="In a store elsewhere (AURAX_OBJECTS_URL), spare younger objects.")
    ] = "1d",
    claim: Annotated[
        bool,
        typer.Option(
            "--claim",
            help="Mark the store of AURAX_OBJECTS_URL as this database's, and do nothing else. Afterwards gc deletes"
            " whatever in it this database does not know.",
        ),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Forget old songs, and delete what is stored for none; delivered folders are not touched."""
    try:
        if claim:
            location = asyncio.run(_claim(Settings.load()))
            if as_json:
                print_json({"claimed": location})
            else:
                stdout().print(f"{location} belongs to this database now; look with: aurax gc --dry-run", markup=False)
            return
        age = parse_age(older_than) if older_than is not None else None
        tidied = asyncio.run(_gc(Settings.load(), keep, age, parse_age(grace), dry_run))
    except AuraxError as error:
        fail(error, as_json=as_json)
    if as_json:
        print_json({"dry_run": dry_run, **asdict(tidied)})
        return
    verb = "would be" if dry_run else "were"
    console = stdout()
    console.print(f"{len(tidied.songs)} songs {verb} forgotten", markup=False)
    console.print(f"{len(tidied.without_files)} more songs {verb} left without their stored files", markup=False)
    console.print(f"{tidied.files} files that no song needs {verb} deleted", markup=False)
    console.print(f"{tidied.freed_bytes / 1e6:.1f} MB {verb} freed", markup=False)
    if tidied.remote_objects:
        told = f"{tidied.remote_objects} objects that no song needs, {tidied.remote_bytes / 1e6:.1f} MB"
        console.print(f"{told}, {verb} deleted from the shared store, such as:", markup=False)
        for key in tidied.examples:
            console.print(f"  {key}", markup=False)


def parse_age(text: str) -> timedelta:
    """An age such as `30d`, `12h` or `2w`.

    Raises:
        InvalidOption: the text is no age.
    """
    found = _AGE.fullmatch(text.strip().lower())
    if found is None:
        raise InvalidOption("an age such as 30d, 12h or 2w", repr(text), "write it like one of these")
    return int(found[1]) * _UNITS[found[2]]


async def _rm(settings: Settings, song_ids: list[str], cancel: bool) -> list[str]:
    from aurax.adapters.local.claims import Claims
    from aurax.adapters.local.states import SongStates
    from aurax.adapters.local.tidying import remove_songs
    from aurax.adapters.sql.sessions import Sessions
    from aurax.adapters.sql.songs import Songs

    async with open_database(settings) as database:
        songs = Songs(database)
        found = [await songs.get_song(song_id) for song_id in song_ids]
        in_sessions = await Sessions(database).songs_of_open()
        states, claims = SongStates(settings, in_sessions), Claims(settings.claims_dir)
        for song in found:
            if song.id in in_sessions and song.session_id:
                session = song.session_id[:8]
                raise InvalidOption(
                    "songs whose session is closed",
                    f"{song.id[:8]}, of session {session}",
                    f"close it first: aurax session close {session}",
                )
            if claims.is_held(song.id):
                raise InvalidOption(
                    "songs that no other command waits for", f"{song.id[:8]}, {states.of(song)}", "stop it with Ctrl-C"
                )
            if song.status == "making" and not cancel:
                raise InvalidOption(
                    "songs that are finished", f"{song.id[:8]}, {states.words(song)}", "add --cancel to cancel it first"
                )
        unfinished = [song.id for song in found if song.status == "making"]
        if unfinished:
            await _cancel(settings, unfinished)
            for song_id in unfinished:
                await songs.set_song_status(song_id, "cancelled")
        ids = list(dict.fromkeys(song.id for song in found))
        await remove_songs(settings, songs, ids)
        for song_id in ids:
            claims.forget(song_id)
        return ids


async def _cancel(settings: Settings, song_ids: list[str]) -> None:
    from aurax.adapters.local.connect import Servers
    from aurax.adapters.temporal.client import cancel_song, connect, get_song_handle

    with Servers(settings) as services:
        client = await connect(settings, await services.address())
        for song_id in song_ids:
            await cancel_song(get_song_handle(client, song_id))


async def _gc(
    settings: Settings, keep: int | None, older_than: timedelta | None, grace: timedelta, dry_run: bool
) -> Tidied:
    from aurax.adapters.local.tidying import tidy

    async with open_database(settings) as database:
        return await tidy(settings, database, keep=keep, older_than=older_than, grace=grace, dry_run=dry_run)


async def _claim(settings: Settings) -> str:
    from aurax.adapters.objects.opening import open_objects
    from aurax.adapters.objects.ownership import take_over
    from aurax.adapters.sql.deployment import deployment_id

    if settings.objects_url is None:
        raise InvalidOption("AURAX_OBJECTS_URL to name a store", "none", "set it; the data folder needs no mark")
    async with open_database(settings) as database:
        objects = await asyncio.to_thread(open_objects, settings)
        await asyncio.to_thread(take_over, objects, await deployment_id(database))
        return objects.location
