"""A song from order to files: the client's side of the production line."""

from __future__ import annotations

import asyncio
import contextlib

from temporalio.service import RPCError

from aurax.adapters.local.connect import Services
from aurax.adapters.local.order import OnEvent
from aurax.adapters.local.output import OutputFolder
from aurax.adapters.objects.store import ObjectStore
from aurax.adapters.sql.database import Database
from aurax.adapters.sql.events import Events
from aurax.adapters.sql.migrate import migrate
from aurax.adapters.sql.songs import Songs, SongStatus
from aurax.adapters.temporal.client import cancel_song, connect, get_song_handle, song_result, start_song
from aurax.adapters.temporal.payloads import Song, SongRequest
from aurax.errors import AuraxError, ServiceUnavailable
from aurax.settings import Settings

_CANCEL_WITHIN_S = 20.0
_LAST_EVENTS_WITHIN_S = 2.0


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
    address = await services.address()
    handle = await start_song(await connect(settings, address), request, settings)
    while True:
        try:
            return await song_result(handle)
        except asyncio.CancelledError:
            # The person's wish to stop must reach the workflow even though this task is already cancelled.
            with contextlib.suppress(AuraxError):
                await asyncio.shield(cancel_song(handle, wait_s=_CANCEL_WITHIN_S))
            raise
        except ServiceUnavailable as error:
            if address is None or not isinstance(error.__cause__, RPCError):
                raise
            # The servers died with their supervisor: bring them back; Temporal resumes the song from its file.
            address = await services.address()
            handle = get_song_handle(await connect(settings, address), request.song_id)


async def _tell(events: Events, song_id: str, on_event: OnEvent) -> None:
    async for event in events.follow(song_id):
        on_event(event.kind, event.data)
