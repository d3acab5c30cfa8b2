"""A song that was asked for earlier, had after all: its files collected, its work joined, or made again."""

from __future__ import annotations

from pathlib import Path

from aurax.adapters.local.claims import Claims
from aurax.adapters.local.collect import collect, to_the_end
from aurax.adapters.local.data_folder import open_data_folder
from aurax.adapters.local.make_song import Destination, make_song
from aurax.adapters.local.output import OutputFolder
from aurax.adapters.sql.migrate import make_ready
from aurax.adapters.sql.opening import database_of
from aurax.adapters.sql.songs import Songs, SongSummary
from aurax.audio.reference import ObjectRef
from aurax.deliver.record import SongRecord
from aurax.errors import CorruptData, InvalidOption
from aurax.services.ports import OnEvent
from aurax.services.prepare import PreparedSong
from aurax.services.song import Deliverable, Song
from aurax.services.task import SongTask
from aurax.services.understand import understand
from aurax.settings import Settings


async def resume(
    settings: Settings, song_id: str, on_event: OnEvent, *, out: Path | None = None, force: bool = False
) -> tuple[Path, SongRecord]:
    """Deliver a song that was asked for earlier.

    A finished one is collected without any server. One that is being made is joined; one that was abandoned continues
    where it stopped. One that failed, was cancelled, or whose stored files are damaged is made again from what was
    asked.

    Args:
        settings: where data lives.
        song_id: its id, or the beginning of it.
        on_event: called with kind and data of every event.
        out: the song's own folder; `out/<slug>` by default.
        force: replace a song folder that is already there.

    Raises:
        InvalidOption: no such song, another command waits for it, or nothing is known of what was asked.
        AuraxError: the folder cannot be written, the servers do not come up, or the song cannot be made.
    """
    open_data_folder(settings)
    database = database_of(settings)
    try:
        await make_ready(database)
        songs = Songs(database)
        song = await songs.get_song(song_id)
        if song.status == "delivered":
            try:
                return await collect_finished(settings, songs, song, Destination.of(song.title or "", out, force=force))
            except CorruptData:
                if song.request is None and "options" not in song.details:
                    raise
        task = _asked(song)
        with Claims(settings.claims_dir).hold(song.id):
            await songs.reopen_song(song.id)
    finally:
        await database.close()
    asked = PreparedSong(task.request, understand(task.request))
    destination = Destination.of(asked.intent.title, out, force=force)
    return await make_song(settings, asked, destination, on_event, resumed=task)


async def collect_finished(
    settings: Settings, songs: Songs, song: SongSummary, to: Destination
) -> tuple[Path, SongRecord]:
    """Copy a finished song into a folder, and note which.

    Args:
        settings: where the objects are.
        songs: the database's songs.
        song: a delivered one.
        to: where its files go.

    Raises:
        CorruptData: what was stored is damaged or gone; nothing damaged was copied.
        InvalidOption: another command waits for it.
        UnwritableOutput: the folder cannot be written, or is there already.
        StorageFull: the disk is full.
    """
    files = await _files(songs, song.id)
    with (
        Claims(settings.claims_dir).hold(song.id) as claim,
        OutputFolder(to.folder, force=to.force, next_free=to.next_free, claim=claim) as output,
    ):
        collected, record = await to_the_end(collect, settings, song.id, files, output)
        await songs.note_collected(song.id, str(collected))
        return collected, record


async def _files(songs: Songs, song_id: str) -> tuple[Deliverable, ...]:
    result = await songs.result(song_id)
    if result is not None:
        return Song.model_validate(result).files
    # Made by an older AURA-X, which noted only the objects.
    assets = [asset for asset in await songs.assets(song_id) if asset.delivered]
    if not assets:
        raise CorruptData(f"the files of song {song_id[:8]}", "none stored", "make the song again")
    return tuple(
        Deliverable(path=asset.name, object=ObjectRef(key=asset.key, sha256=asset.sha256, bytes=asset.bytes))
        for asset in assets
    )


def _asked(song: SongSummary) -> SongTask:
    asked = song.request or song.details.get("options")
    if asked is None:
        raise InvalidOption(
            "a song of which everything that was asked is known",
            f"song {song.id[:8]}, which an older AURA-X did not finish",
            "ask for it again with 'aurax make'",
        )
    return SongTask.model_validate({"song_id": song.id, **asked})
