"""Removing what is no longer wanted: songs, their stored files, and what no song refers to."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from aurax.adapters.local.claims import Claims
from aurax.adapters.local.runtime_folder import RuntimeFolder, external_temporal_address
from aurax.adapters.local.temporal_file import remove_temporal_file
from aurax.adapters.objects.cache import ObjectCache
from aurax.adapters.objects.garbage import GRACE, Garbage, collect_garbage
from aurax.adapters.objects.opening import open_objects
from aurax.adapters.objects.ownership import claim
from aurax.adapters.objects.store import ObjectStore
from aurax.adapters.sql.database import Database
from aurax.adapters.sql.deployment import deployment_id
from aurax.adapters.sql.sessions import Sessions
from aurax.adapters.sql.songs import Songs
from aurax.errors import InvalidOption
from aurax.produce.retention import Bounds, Choice, KeptSong, choose
from aurax.settings import Settings

_IN_WORK_S = 3600.0
"""While servers run, files younger than this may belong to a song that is being made."""
_PAGE = 1000
"""Keys of one question to the database."""


@dataclass(frozen=True)
class Tidied:
    """What was removed, or would be.

    Args:
        songs: ids of songs that were forgotten.
        without_files: ids of songs whose stored files were removed.
        files: objects, copies and half-made files that no song refers to.
        freed_bytes: room on the disk that became free.
        remote_objects: objects of a shared store that no song refers to.
        remote_bytes: room there that became free.
        examples: keys of some of these.
    """

    songs: tuple[str, ...]
    without_files: tuple[str, ...]
    files: int
    freed_bytes: int
    remote_objects: int = 0
    remote_bytes: int = 0
    examples: tuple[str, ...] = ()


async def keep_bounds(settings: Settings, database: Database) -> Choice:
    """Apply the bounds of the settings; called after every delivered song, so it costs milliseconds.

    Args:
        settings: the bounds.
        database: a migrated database.
    """
    most_songs, most_bytes = _bound(settings, "songs"), _bound(settings, "bytes")
    if most_songs is None and most_bytes is None:
        return Choice((), ())
    bounds = Bounds(now=datetime.now(UTC), songs=most_songs, stored_bytes=most_bytes)
    choice = choose(await _kept_songs(settings, database), bounds)
    await _apply(settings, Songs(database), choice)
    return choice


async def tidy(
    settings: Settings,
    database: Database,
    *,
    keep: int | None = None,
    older_than: timedelta | None = None,
    grace: timedelta = GRACE,
    dry_run: bool = False,
) -> Tidied:
    """Remove songs beyond the bounds, then everything that no song refers to.

    Args:
        settings: the bounds that hold where none are given, and where things are.
        database: a migrated database.
        keep: how many songs to keep, the newest.
        older_than: forget songs of this age or more.
        grace: objects of a shared store that are younger are spared.
        dry_run: only tell what would be removed.

    Raises:
        InvalidOption: the store belongs to another database, or it is not known whose it is.
    """
    songs = Songs(database)
    shared = await _own_store(settings, database)
    bounds = Bounds(
        now=datetime.now(UTC),
        songs=_bound(settings, "songs") if keep is None else keep,
        older_than=older_than,
        stored_bytes=_bound(settings, "bytes"),
    )
    kept = await _kept_songs(settings, database)
    choice = choose(kept, bounds)
    removed = {*choice.forgotten, *choice.without_files}
    freed_bytes = sum(song.stored_bytes for song in kept if song.id in removed)
    if not dry_run:
        await _apply(settings, songs, choice)
    files = 0
    for path in list(await _unneeded(settings, songs)):
        freed_bytes += _size_bytes(path)
        files += 1
        if not dry_run:
            _remove(path)
    if settings.objects_url is not None:
        copies, copied_bytes = await _drop_copies(settings, songs, dry_run=dry_run)
        files, freed_bytes = files + copies, freed_bytes + copied_bytes
    garbage = Garbage(0, 0, ())
    if shared is not None:
        garbage = await collect_garbage(shared, songs.needed, grace=grace, dry_run=dry_run)
    if not dry_run:
        left = await songs.song_ids("making")
        claims = Claims(settings.claims_dir)
        for song_id in claims.left_behind():
            if song_id not in left:
                claims.forget(song_id)
    if external_temporal_address() is None and not await _unfinished(settings, database):
        with RuntimeFolder(settings.run_dir).supervising() as alone:
            if alone:
                freed_bytes += remove_temporal_file(settings, dry_run=dry_run)
    return Tidied(
        choice.forgotten,
        choice.without_files,
        files,
        freed_bytes,
        remote_objects=garbage.objects,
        remote_bytes=garbage.bytes,
        examples=garbage.examples,
    )


def sweep_half_made(settings: Settings) -> None:
    """Remove half-made files in the data folder; for when no worker works on it.

    Args:
        settings: where the data folder is. The staging of a store elsewhere is left alone, others may share it.
    """
    places = [settings.staging_dir]
    if settings.objects_url is None:
        places.append(settings.data_dir / "objects" / ".staging")
    for place in places:
        with contextlib.suppress(OSError):
            for path in place.iterdir():
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink()


async def remove_songs(settings: Settings, songs: Songs, song_ids: Sequence[str]) -> None:
    """Forget songs and delete their stored files; delivered folders are not touched.

    Args:
        settings: where the objects are.
        songs: the database's songs.
        song_ids: whole ids of songs on which nothing works.
    """
    await _apply(settings, songs, Choice(tuple(song_ids), ()))


def _bound(settings: Settings, what: Literal["songs", "bytes"]) -> int | None:
    """How much the settings keep; a database that many share has no bound unless one is set."""
    name = f"keep_{what}"
    if settings.database_url is not None and name not in settings.model_fields_set:
        return None
    found: int = getattr(settings, name)
    return found


async def _own_store(settings: Settings, database: Database) -> ObjectStore | None:
    """The store in which garbage may be looked for; None for that of the data folder, which needs no mark."""
    if settings.objects_url is None:
        return None
    objects = await asyncio.to_thread(open_objects, settings)
    if await asyncio.to_thread(claim, objects, await deployment_id(database)) == "unmarked":
        raise InvalidOption(
            f"the object store at {objects.location} to be marked as this database's",
            "objects and no mark, as before stores were marked",
            "if it belongs to this database alone, run 'aurax gc --claim' once, then 'aurax gc --dry-run'",
        )
    return objects


async def _drop_copies(settings: Settings, songs: Songs, *, dry_run: bool) -> tuple[int, int]:
    """Copies on this machine of objects that no song needs; those in use are spared."""
    cache = ObjectCache(settings.cache_dir, settings.cache_bytes)
    held = cache.held_keys()
    keys, unneeded = sorted(held), []
    for first in range(0, len(keys), _PAGE):
        page = keys[first : first + _PAGE]
        unneeded += sorted(set(page) - await songs.needed(page))
    if not dry_run:
        for key in unneeded:
            cache.forget(key)
    return len(unneeded), sum(held[key] for key in unneeded)


async def _unfinished(settings: Settings, database: Database) -> bool:
    if Claims(settings.claims_dir).left_behind() or await Sessions(database).count_open():
        return True
    return bool(await Songs(database).count_songs("making"))


async def _kept_songs(settings: Settings, database: Database) -> list[KeptSong]:
    songs, in_use = Songs(database), await Sessions(database).songs_of_open()
    stored_bytes, claims = await songs.stored_bytes(), Claims(settings.claims_dir)
    return [
        KeptSong(
            id=song.id,
            created_at=song.created_at,
            # The next note of a session may start from any of its versions.
            ended=song.status != "making" and not claims.is_held(song.id) and song.id not in in_use,
            collected=song.collected_to is not None,
            stored_bytes=stored_bytes.get(song.id, 0),
        )
        for song in await songs.outlines()
    ]


async def _apply(settings: Settings, songs: Songs, choice: Choice) -> None:
    if not choice.forgotten and not choice.without_files:
        return
    objects = await asyncio.to_thread(open_objects, settings)
    for song_id in choice.without_files:
        await asyncio.to_thread(objects.delete, await songs.forget_files(song_id))
    for song_id in choice.forgotten:
        keys = set(await songs.delete_song(song_id))
        keys |= set(await asyncio.to_thread(objects.keys, f"songs/{song_id}"))
        await asyncio.to_thread(objects.delete, keys)


async def _unneeded(settings: Settings, songs: Songs) -> Iterator[Path]:
    """Files that no song refers to, in folders that belong to this data folder alone."""
    serving = RuntimeFolder(settings.run_dir).is_supervised()
    youngest_s = time.time() - (_IN_WORK_S if serving or external_temporal_address() is not None else 0.0)
    needed = await songs.keys()
    ids = await songs.song_ids()

    def look() -> Iterator[Path]:
        if settings.objects_url is None and settings.database_url is None:
            root = settings.data_dir / "objects"
            for path in _files(root):
                parts = path.relative_to(root).parts
                of_song = parts[0] == "songs" and len(parts) > 1 and parts[1] in ids
                if path.relative_to(root).as_posix() not in needed and not of_song:
                    yield path
        yield from _files(settings.staging_dir)
        if settings.objects_url is not None:
            yield from _files(settings.cache_dir / "staging")

    return (path for path in look() if _changed_s(path) <= youngest_s)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() or path.is_symlink())


def _changed_s(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except OSError:
        return 0.0


def _size_bytes(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()
        for parent in list(path.parents)[:2]:
            parent.rmdir()
