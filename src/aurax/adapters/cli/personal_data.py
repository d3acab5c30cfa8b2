"""`aurax users export` and `aurax users delete`: a person's data, out and away."""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aurax.adapters.cli.console import fail, print_json, stderr, stdout
from aurax.adapters.cli.library import AsJson
from aurax.adapters.cli.users import Who, on_database
from aurax.errors import InvalidOption, ServiceUnavailable
from aurax.settings import Settings

if TYPE_CHECKING:
    from temporalio.client import Client

    from aurax.adapters.objects.store import ObjectStore
    from aurax.adapters.sql.database import Database
    from aurax.adapters.temporal.session_client import SessionClient
    from aurax.services.people.person import Person
    from aurax.services.people.personal_data import Exported

_CLOSED_WITHIN_S = 60.0


def export(
    user: Who,
    out: Annotated[Path, typer.Option(metavar="DIR", help="A folder that is not there yet, or is empty.")],
    as_json: AsJson = False,
) -> None:
    """Write everything that is kept of a person into a folder: rows as JSON, and their songs' files."""
    from aurax.services.people.personal_data import export_person

    async def work(database: Database) -> Exported:
        from aurax.adapters.sql.people import People
        from aurax.adapters.sql.personal_data import PersonalRows

        person = await People(database).find(user)
        return await export_person(PersonalRows(database), _objects(Settings.load()), person.id, out)

    exported = on_database(work, as_json=as_json)
    if as_json:
        print_json({"folder": str(exported.folder), "songs": exported.songs, "missing": list(exported.missing)})
        return
    stdout().print(str(exported.folder), markup=False)
    stdout().print(f"{exported.songs} songs with their files", markup=False)
    for name in exported.missing:
        stderr().print(f"not kept any more, or damaged: {name}", markup=False)


def delete(
    user: Who,
    yes: Annotated[bool, typer.Option("--yes", help="Really; it cannot be undone.")] = False,
    cancel: Annotated[bool, typer.Option("--cancel", help="Cancel what is in the making first.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete a person with songs, files, sessions, projects and keys; what they cost stays in the sums, unnamed.

    Delivered folders and backups are not touched. Where it was interrupted, the same command goes on from there.
    """
    if not yes:
        fail(
            InvalidOption(
                "--yes, because this cannot be undone", "the command without it", "export first, then add it"
            ),
            as_json=as_json,
        )

    async def work(database: Database) -> tuple[Person, int]:
        from aurax.adapters.sql.people import People
        from aurax.adapters.sql.personal_data import PersonalRows
        from aurax.services.people.personal_data import delete_person

        settings, rows = Settings.load(), PersonalRows(database)
        person = await People(database).find(user)
        if cancel:
            await People(database).disable(person.id)  # or another would begin meanwhile
            await _cancel(settings, database, *await rows.in_the_making(person.id))
        return person, await delete_person(rows, _objects(settings), person.id)

    person, songs = on_database(work, as_json=as_json)
    if as_json:
        print_json({"id": person.id, "songs": songs})
    else:
        stdout().print(f"{person.name} ({person.id[:8]}) was deleted, with {songs} songs", markup=False)


def _objects(settings: Settings) -> ObjectStore:
    from aurax.adapters.objects.opening import open_objects

    return open_objects(settings)


async def _cancel(settings: Settings, database: Database, songs: tuple[str, ...], sessions: tuple[str, ...]) -> None:
    from aurax.adapters.local.connect import Servers
    from aurax.adapters.temporal.client import connect

    if not songs and not sessions:
        return
    with Servers(settings) as services:
        client = await connect(settings, await services.address())
        await end_running(client, settings, database, songs, sessions)


async def end_running(
    client: Client, settings: Settings, database: Database, songs: tuple[str, ...], sessions: tuple[str, ...]
) -> None:
    """Close sessions and cancel songs, also those whose workflows are gone.

    Args:
        client: of the Temporal server.
        settings: names the task queue.
        database: gets to know how they ended.
        songs: ids of songs in the making.
        sessions: ids of open sessions.

    Raises:
        ServiceUnavailable: Temporal or the workers do not answer.
    """
    from aurax.adapters.sql.sessions import Sessions
    from aurax.adapters.sql.songs import Songs
    from aurax.adapters.temporal.client import cancel_song, get_song_handle
    from aurax.adapters.temporal.session_client import SessionClient

    for session_id in sessions:
        with contextlib.suppress(InvalidOption):  # it is closed already, or gone
            await _close_session(SessionClient(client, settings, session_id))
        await Sessions(database).note_ended(session_id)
    for song_id in songs:
        await cancel_song(get_song_handle(client, song_id))
        await Songs(database).set_song_status(song_id, "cancelled")


async def _close_session(session: SessionClient) -> None:
    await session.close(cancel=True)
    until_s = time.monotonic() + _CLOSED_WITHIN_S
    while await session.is_open():
        if time.monotonic() > until_s:
            raise ServiceUnavailable(
                f"session {session.session_id[:8]} to close", f"it goes on after {_CLOSED_WITHIN_S:g} s", "try again"
            )
        await asyncio.sleep(0.2)
