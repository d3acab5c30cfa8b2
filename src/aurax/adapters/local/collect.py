"""A finished song's files, from the object store into a folder."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

from aurax.adapters.local.output import OutputFolder
from aurax.deliver.record import SongRecord
from aurax.errors import CorruptData, StorageFull, UnwritableOutput
from aurax.services.song import Deliverable
from aurax.settings import Settings

_COPIES_AT_ONCE = 2
"""Copies are hashed on their way, which keeps a core busy."""

P = ParamSpec("P")
T = TypeVar("T")


async def to_the_end(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function in a thread and wait for it even when cancelled: a folder is not cleaned up while it is filled.

    Args:
        work: takes a second or two.
        args: for it.
        kwargs: for it.
    """
    working = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.wait({working})
        return working.result()


def collect(
    settings: Settings, song_id: str, files: Sequence[Deliverable], output: OutputFolder
) -> tuple[Path, SongRecord]:
    """Copy a song's files and put the folder into place.

    Args:
        settings: where the objects are.
        song_id: the song, for what to do when this fails.
        files: what was made.
        output: gets the files.

    Raises:
        StorageFull: the disk is full; the song can be fetched later.
        UnwritableOutput: the folder cannot be written, or was taken meanwhile; the song can be fetched later.
        CorruptData: what was stored is damaged or gone; the song has to be made again.
    """
    from aurax.adapters.objects.opening import open_objects
    from aurax.deliver.dawproject import assemble_dawproject

    objects = open_objects(settings)
    try:
        whole = [file for file in files if not file.embeds]
        with ThreadPoolExecutor(_COPIES_AT_ONCE, thread_name_prefix="collect") as threads:
            list(threads.map(lambda file: output.make(file.path, partial(objects.copy_to, file.object)), whole))
        for file in files:
            if file.embeds:
                with ExitStack() as held:
                    source = held.enter_context(objects.hold(file.object))
                    stems = {stem.inside: held.enter_context(objects.hold(stem.audio)) for stem in file.embeds}
                    output.make(file.path, lambda path: assemble_dawproject(path, source, stems))  # noqa: B023
        record = SongRecord.model_validate_json(output.read("song.json"))
        return output.finish(), record
    except (StorageFull, UnwritableOutput) as error:
        fetch = f"the song is kept; free some room or choose a folder, then: aurax resume {song_id[:8]} --out DIR"
        raise type(error)(error.expected, error.found, fetch) from error
    except CorruptData as error:
        again = f"make the song again with: aurax resume {song_id[:8]} --out DIR"
        raise type(error)(error.expected, error.found, again) from error
