"""A song from order to files: the client's side of the production line."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from typing import Any

from temporalio.client import WorkflowFailureError, WorkflowHandle

from aurax.adapters.local.connect import Services
from aurax.adapters.local.order import OnEvent
from aurax.adapters.local.output import OutputFolder
from aurax.adapters.objects.store import ObjectStore
from aurax.adapters.sql.database import Database
from aurax.adapters.sql.events import Events
from aurax.adapters.sql.migrate import migrate
from aurax.adapters.sql.songs import Songs, SongStatus
from aurax.adapters.temporal.client import cancel_song, connect, song_result, start_song
from aurax.adapters.temporal.payloads import Song, SongRequest
from aurax.errors import AuraxError, ServiceUnavailable
from aurax.settings import Settings

_CANCEL_WITHIN_S = 20.0
_LAST_EVENTS_WITHIN_S = 2.0
_BACK_WITHIN_S = 60.0
_RETRY_S = 0.2


async def produce(
    settings: Settings, services: Services, request: SongRequest, output: OutputFolder, on_event: OnEvent
) -> None:
    """Have the song made and copy its files into the output folder.

    Args:
        settings: where data lives.
        services: the servers, kept up by the caller.
        request: what the workflow gets.
        output: gets the files; the caller finishes it.
        on_event: called with kind and data of every event.

    Raises:
        AuraxError: the servers do not come up, or the song cannot be made.
    """
    database = Database(settings.sqlalchemy_url)
    try:
        await migrate(database)
        songs = Songs(database)
        await songs.create_song(request.song_id, request.prompt, request.seed)
        telling = asyncio.create_task(_tell(Events(database), request.song_id, on_event))
        try:
            song = await _run(settings, services, request)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(telling), _LAST_EVENTS_WITHIN_S)
        except (AuraxError, asyncio.CancelledError) as error:
            # The workflow tells its own end; this covers a song that never reached one.
            status: SongStatus = "cancelled" if isinstance(error, asyncio.CancelledError) else "failed"
            await asyncio.shield(songs.set_song_status(request.song_id, status))
            raise
        finally:
            telling.cancel()
        await asyncio.to_thread(_collect, ObjectStore(settings.objects_location, settings.cache_dir), song, output)
    finally:
        await database.close()


def _collect(objects: ObjectStore, song: Song, output: OutputFolder) -> None:
    for file in song.files:
        output.add(file.path, objects.get_path(file.object))


async def _run(settings: Settings, services: Services, request: SongRequest) -> Song:
    """Start the song's workflow and wait for it, through deaths of the servers: Temporal resumes it from its file."""
    handle: WorkflowHandle[Any, Song] | None = None
    give_up_s = math.inf
    while True:
        try:
            if handle is None:
                # Asking again for the same song joins the one that runs.
                handle = await start_song(await connect(settings, await services.address()), request, settings)
            return await song_result(handle)
        except asyncio.CancelledError:
            # The person's wish to stop must reach the workflow even though this task is already cancelled.
            if handle is not None:
                with contextlib.suppress(AuraxError):
                    await asyncio.shield(cancel_song(handle, wait_s=_CANCEL_WITHIN_S))
            raise
        except ServiceUnavailable as error:
            if isinstance(error.__cause__, WorkflowFailureError):
                raise
            now_s = time.monotonic()
            give_up_s = now_s + _BACK_WITHIN_S if handle is not None else min(give_up_s, now_s + _BACK_WITHIN_S)
            if now_s >= give_up_s:
                raise
            handle = None
            await asyncio.sleep(_RETRY_S)


async def _tell(events: Events, song_id: str, on_event: OnEvent) -> None:
    async for event in events.follow(song_id):
        on_event(event.kind, event.data)
