"""A song, from a checked request to its folder, on the servers of this machine.

What this module imports is light on purpose: the servers start while the heavy clients are still being imported.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from aurax.adapters.local.claims import Claims
from aurax.adapters.local.connect import Servers
from aurax.adapters.local.data_folder import open_data_folder
from aurax.adapters.local.disk_space import check_disk_space
from aurax.adapters.local.output import OutputFolder
from aurax.deliver.record import SongRecord
from aurax.deliver.slug import slug
from aurax.services.ports import OnEvent
from aurax.services.prepare import PreparedSong, require_engine, within_budget
from aurax.services.task import SongTask
from aurax.settings import Settings


@dataclass(frozen=True)
class Destination:
    """Where a song's files go.

    Args:
        folder: the song's own folder.
        force: whether a song folder there is replaced.
        next_free: whether `folder-2`, `folder-3` … is taken where the name is.
    """

    folder: Path
    force: bool = False
    next_free: bool = False

    @classmethod
    def of(cls, title: str, out: Path | None, *, force: bool = False) -> Self:
        """The folder that was asked for, else one in `out/` named after the title."""
        return cls(out if out is not None else Path("out", slug(title)), force, next_free=out is None)


async def make_song(
    settings: Settings,
    song: PreparedSong,
    destination: Destination,
    on_event: OnEvent,
    *,
    resumed: SongTask | None = None,
) -> tuple[Path, SongRecord]:
    """Make the song and put it into its folder.

    Cancelling this coroutine cancels the workflow, and nothing half-written stays.

    Args:
        settings: where data lives.
        song: what to make.
        destination: where its files go.
        on_event: called with kind and data of every event.
        resumed: a song that was asked for earlier, with the notes it came from: if it has ended, it is made again; if
            it is still being made, it is joined.

    Raises:
        AuraxError: the folder cannot be written, the servers do not come up, or the song cannot be made.
    """
    require_engine(settings, song.request.engine)
    song = within_budget(settings, song)
    task = resumed or SongTask(song_id=uuid.uuid4().hex, request=song.request)
    task = task.model_copy(update={"request": song.request, "intent": song.intent})
    open_data_folder(settings)
    check_disk_space(settings, song.intent.duration_s)
    with (
        Claims(settings.claims_dir).hold(task.song_id) as claim,
        OutputFolder(
            destination.folder, force=destination.force, next_free=destination.next_free, claim=claim
        ) as output,
    ):
        output.check_disk_space(song.intent.duration_s)
        with Servers(settings) as services:
            run = await asyncio.to_thread(_import_pipeline)
            delivered: tuple[Path, SongRecord] = await run(
                settings, services, task, output, claim, on_event, again=resumed is not None
            )
        return delivered


def _import_pipeline() -> Callable[..., Any]:
    from aurax.adapters.local.pipeline import run_song

    return run_song
