"""A song from order to delivered folder: the client's side of the production line."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, get_args

from temporalio.service import RPCError

from aurax.adapters.local.connect import ensure_services, running_services
from aurax.adapters.local.data_folder import open_data_folder
from aurax.adapters.local.output import OutputFolder, free_folder
from aurax.adapters.objects.store import ObjectStore
from aurax.adapters.sql.database import Database
from aurax.adapters.sql.events import Events
from aurax.adapters.sql.migrate import migrate
from aurax.adapters.sql.songs import Songs, SongStatus
from aurax.adapters.temporal.client import cancel_song, connect, get_song_handle, song_result, start_song
from aurax.adapters.temporal.payloads import AudioFormat, Song, SongRequest
from aurax.deliver.record import SongRecord
from aurax.deliver.slug import slug
from aurax.errors import AuraxError, InvalidOption, ServiceUnavailable
from aurax.intent.intent import Intent
from aurax.settings import Settings

OnEvent = Callable[[str, dict[str, Any]], None]

_MAX_TAKES = 9
_LARGEST_SEED = 2**63 - 1
_CANCEL_WITHIN_S = 20.0


@dataclass(frozen=True)
class SongOrder:
    """A checked order.

    Args:
        request: what the workflow gets.
        intent: the prompt as understood, for the title and the room on the disk.
        folder: where the song will lie.
        force: whether a song folder there is replaced.
    """

    request: SongRequest
    intent: Intent
    folder: Path
    force: bool

    @classmethod
    def check(
        cls,
        prompt: str,
        *,
        out: Path | None = None,
        style: str | None = None,
        duration_s: float | None = None,
        seed: int | None = None,
        takes: int = 3,
        formats: tuple[str, ...] = ("flac",),
        force: bool = False,
    ) -> Self:
        """Read an order and refuse what cannot be made, before any server starts.

        Raises:
            InvalidPrompt: the prompt is empty, too long or asks for the impossible.
            InvalidOption: a seed, number of takes or format is out of range.
            UnknownPlugin: no such style.
        """
        from aurax.api import analyze

        if seed is None:
            seed = secrets.randbelow(2**31)
        if not 0 <= seed <= _LARGEST_SEED:
            raise InvalidOption(f"a seed from 0 to {_LARGEST_SEED}", str(seed), "choose a number in that range")
        if not 1 <= takes <= _MAX_TAKES:
            raise InvalidOption(f"1 to {_MAX_TAKES} takes", str(takes), "choose a number in that range")
        known: tuple[AudioFormat, ...] = get_args(AudioFormat)
        unknown = [name for name in formats if name not in known]
        if unknown:
            raise InvalidOption(f"formats among {', '.join(known)}", ", ".join(unknown), "choose among these")
        intent = analyze(prompt, style=style, duration_s=duration_s)
        request = SongRequest(
            song_id=uuid.uuid4().hex,
            prompt=prompt,
            seed=seed,
            style=style,
            duration_s=duration_s,
            takes=takes,
            formats=tuple(name for name in known if name in formats and name != "flac"),
        )
        folder = out if out is not None else free_folder(Path("out"), slug(intent.title))
        return cls(request, intent, folder, force)


async def produce(settings: Settings, order: SongOrder, on_event: OnEvent) -> tuple[Path, SongRecord]:
    """Make the song and put it into its folder.

    Cancelling this coroutine cancels the workflow, and nothing half-written stays.

    Args:
        settings: where data lives.
        order: a checked order.
        on_event: called with kind and data of every event.

    Raises:
        AuraxError: the folder cannot be written, the servers do not come up, or the song cannot be made.
    """
    open_data_folder(settings)
    with OutputFolder(order.folder, force=order.force) as output:
        output.check_room(order.intent.duration_s)
        database = Database(settings.sqlalchemy_url)
        try:
            await migrate(database)
            songs = Songs(database)
            await songs.create_song(order.request.song_id, order.request.prompt, order.request.seed)
            try:
                async with running_services(settings) as address:
                    telling = asyncio.create_task(_tell(Events(database), order.request.song_id, on_event))
                    try:
                        song = await _run(settings, address, order.request)
                        with contextlib.suppress(TimeoutError):
                            await asyncio.wait_for(asyncio.shield(telling), 2.0)
                    finally:
                        telling.cancel()
            except (AuraxError, asyncio.CancelledError) as error:
                # The workflow tells its own end; this covers a song that never reached one.
                status: SongStatus = "cancelled" if isinstance(error, asyncio.CancelledError) else "failed"
                await asyncio.shield(songs.set_song_status(order.request.song_id, status))
                raise
            await asyncio.to_thread(_collect, ObjectStore(settings.objects_location, settings.cache_dir), song, output)
        finally:
            await database.close()
        record = SongRecord.model_validate_json(output.read("song.json"))
        return output.finish(), record


def _collect(objects: ObjectStore, song: Song, output: OutputFolder) -> None:
    for file in song.files:
        output.add(file.path, objects.get_path(file.object))


async def _run(settings: Settings, address: str | None, request: SongRequest) -> Song:
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
            address = await ensure_services(settings)
            handle = get_song_handle(await connect(settings, address), request.song_id)


async def _tell(events: Events, song_id: str, on_event: OnEvent) -> None:
    async for event in events.follow(song_id):
        on_event(event.kind, event.data)
