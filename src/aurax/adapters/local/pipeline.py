"""A song from its task to its files: the client's side of the pipeline.

What the start needs is imported first; the rest is imported while the servers are at work.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from temporalio.client import WorkflowFailureError, WorkflowHandle

from aurax.adapters.local.abandoned import cancel_abandoned
from aurax.adapters.local.claims import Claim
from aurax.adapters.local.collect import collect, to_the_end
from aurax.adapters.local.connect import Servers
from aurax.adapters.local.output import OutputFolder
from aurax.adapters.local.watch import Watch
from aurax.adapters.telemetry.tracing import traced
from aurax.adapters.temporal.client import cancel_song, connect, song_result, start_song
from aurax.deliver.record import SongRecord
from aurax.errors import AuraxError, DamagedObject, ServiceUnavailable
from aurax.services.ports import OnEvent
from aurax.services.song import Song
from aurax.services.task import SongTask
from aurax.settings import Settings

if TYPE_CHECKING:
    from aurax.adapters.local.song_events import SongEvents

_CANCEL_WITHIN_S = 15.0
_DATABASE_WITHIN_S = 35.0
_LAST_EVENTS_WITHIN_S = 2.0
_RETRY_S = 0.2
_REPAIRS = 2
"""How often a song is made once more because its stored files were damaged before they were copied."""


async def run_song(
    settings: Settings,
    services: Servers,
    task: SongTask,
    output: OutputFolder,
    claim: Claim,
    on_event: OnEvent,
    *,
    again: bool = False,
) -> tuple[Path, SongRecord]:
    """Have the song made and put into its folder.

    Args:
        settings: where data lives.
        services: the servers, kept up by the caller.
        task: what the workflow gets.
        output: gets the files.
        claim: this process's claim to the song; records whether the song may continue when this fails.
        on_event: called with kind and data of every event.
        again: make a song again that has ended.

    Raises:
        AuraxError: the servers do not come up, or the song cannot be made.
    """
    with traced(task.song_id):
        return await _run_song(settings, services, task, output, claim, on_event, again=again)


async def _run_song(
    settings: Settings,
    services: Servers,
    task: SongTask,
    output: OutputFolder,
    claim: Claim,
    on_event: OnEvent,
    *,
    again: bool,
) -> tuple[Path, SongRecord]:
    watch = Watch(settings, services, task.song_id, on_event)
    running = asyncio.create_task(watch.over(_run(settings, services, task, again=again)))
    opening = asyncio.create_task(_open_events(settings, task, watch.on_event))
    try:
        try:
            await asyncio.wait({running, opening}, return_when=asyncio.FIRST_EXCEPTION)
            if opening.done():
                opening.result()
            song = running.result()
        except (AuraxError, asyncio.CancelledError) as error:
            running.cancel()
            await asyncio.wait({running})
            # The workflow records its own end; this covers a song that never reached one.
            cancelled = isinstance(error, asyncio.CancelledError)
            claim.ended = cancelled or isinstance(error.__cause__, WorkflowFailureError)
            await asyncio.shield(_note_end(opening, "cancelled" if cancelled else "failed"))
            raise
        events = opening.result()
        await events.wait_passed_on(_LAST_EVENTS_WITHIN_S)
        folder, record = await _collect_whole(
            settings, song, output, lambda repair: watch.over(_run(settings, services, repair, again=False)), task
        )
        with contextlib.suppress(AuraxError):  # the person has the song, and it can be collected once more
            await events.note_collected(song, folder)
            await events.keep_bounds(settings)
        return folder, record
    finally:
        await asyncio.shield(_close(opening))


async def _open_events(settings: Settings, task: SongTask, on_event: OnEvent) -> SongEvents:
    def load() -> type[SongEvents]:
        from aurax.adapters.local.song_events import SongEvents

        return SongEvents

    events = await asyncio.to_thread(load)
    # A server may be starting again in this moment, although it has not answered this process yet.
    give_up_s = time.monotonic() + (settings.database_retry_s if settings.database_url is not None else 0.0)
    try:
        async with asyncio.timeout(_DATABASE_WITHIN_S):
            while True:
                try:
                    return await events.open(settings, task, on_event)
                except ServiceUnavailable:
                    if time.monotonic() >= give_up_s:
                        raise
                await asyncio.sleep(_RETRY_S)
    except TimeoutError as error:
        raise ServiceUnavailable(
            "the database to answer",
            f"nothing within {_DATABASE_WITHIN_S:g} s",
            "start it or correct AURAX_DATABASE_URL; 'aurax doctor' shows where it is",
        ) from error


async def _note_end(opening: asyncio.Task[SongEvents], status: Literal["cancelled", "failed"]) -> None:
    with contextlib.suppress(AuraxError):
        await (await opening).note_end(status)


async def _close(opening: asyncio.Task[SongEvents]) -> None:
    with contextlib.suppress(AuraxError):
        await (await opening).close()


async def _collect_whole(
    settings: Settings,
    song: Song,
    output: OutputFolder,
    make: Callable[[SongTask], Awaitable[Song]],
    task: SongTask,
) -> tuple[Path, SongRecord]:
    """Put the song into its folder; where stored files are damaged, have it made once more, which heals them.

    Args:
        settings: where objects are.
        song: the delivered song.
        output: gets the files.
        make: makes a song.
        task: what the song was made from.

    Raises:
        DamagedObject: they are damaged again and again; nothing damaged was copied.
    """
    left = _REPAIRS
    while True:
        try:
            return await to_the_end(collect, settings, song.song_id, song.files, output)
        except DamagedObject:
            if not left:
                raise
            left -= 1
            song = await make(task.model_copy(update={"repair": uuid.uuid4().hex[:12]}))


async def _run(settings: Settings, services: Servers, task: SongTask, *, again: bool) -> Song:
    """Start the song's workflow and wait for it, through deaths of the servers: Temporal resumes it from its file."""
    handle: WorkflowHandle[Any, Song] | None = None
    address: str | None = None
    give_up_s = math.inf
    while True:
        try:
            if handle is None:
                # Asking again for the same song joins the one that runs.
                address = await services.address()
                client = await connect(settings, address)
                if services.started_here:
                    await cancel_abandoned(settings, client, but=task.song_id)
                handle = await start_song(client, task, settings, again=again)
                again = False
            return await services.while_at(address, song_result(handle))
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
            back_s = now_s + settings.start_s
            give_up_s = back_s if handle is not None else min(give_up_s, back_s)
            if now_s >= give_up_s:
                raise
            handle = None
            await asyncio.sleep(_RETRY_S)
