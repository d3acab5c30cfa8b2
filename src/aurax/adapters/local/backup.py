"""Backup of an embedded installation into a folder, and restoring it into an empty data folder.

The database is copied first, by SQLite's online backup, and then what it refers to: objects never change, and all that
are named in a moment's database were stored before that moment. What is removed meanwhile by retention is seen, and the
database is copied once more.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from aurax.adapters.local.data_folder import open_data_folder
from aurax.adapters.local.disk_space import storage_error
from aurax.adapters.local.runtime_folder import RuntimeFolder
from aurax.adapters.objects.content import hash_file
from aurax.adapters.objects.opening import open_objects
from aurax.adapters.objects.store import ObjectStore
from aurax.adapters.sql.migrate import NEWEST_REVISION
from aurax.audio.reference import ObjectRef
from aurax.errors import CorruptData, DamagedObject, InvalidOption, StorageFull, UnwritableOutput, is_disk_full
from aurax.services.song import Song
from aurax.settings import Settings
from aurax.version import __version__

_MANIFEST = "backup.json"
_DATABASE = "aurax.db"
_OBJECTS = "objects"
_LOOKS = 3
"""How often the database is copied anew because something that it refers to was removed meanwhile."""


class Manifest(BaseModel):
    """What a backup says of itself."""

    model_config = ConfigDict(frozen=True)

    written_by: str
    made_at: datetime
    schema_revision: str
    database_sha256: str
    songs: int
    unfinished: int
    objects: int
    object_bytes: int
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Restored:
    """What was restored.

    Args:
        folder: the data folder.
        songs: how many songs it knows now.
        unfinished: ids of songs that were in the making; `aurax resume` makes them from what was asked.
        missing: keys of objects that the backup does not hold, or holds damaged.
    """

    folder: Path
    songs: int
    unfinished: tuple[str, ...]
    missing: tuple[str, ...]


def back_up(settings: Settings, folder: Path) -> Manifest:
    """Copy the database and every stored object into a new folder; songs may be made meanwhile.

    Left out is what can be had again (clips, copies, weights), Temporal's file, and the key that seals what goes
    through it: songs in the making are in the backup as what was asked.

    Args:
        settings: of an embedded installation.
        folder: must not be there yet, or be empty; appears complete or not at all.

    Raises:
        InvalidOption: database or store are elsewhere, or there is no database.
        UnwritableOutput: the folder holds something, or cannot be written.
        CorruptData: the database is damaged.
        StorageFull: no room is left.
    """
    database = _embedded(settings)
    if not database.exists():
        raise InvalidOption("a data folder with a database", f"none in {settings.data_dir}", "make a song first")
    folder = folder.expanduser().absolute()
    partial = folder.parent / f".{folder.name}.partial-{secrets.token_hex(4)}"
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UnwritableOutput("a folder that is not there yet, or is empty", str(folder), "choose another --out")
    try:
        (partial / _OBJECTS).mkdir(parents=True, mode=0o700)
        manifest = _gather(settings, database, partial)
        (partial / _MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
        partial.replace(folder)
    except OSError as error:
        raise storage_error(error, folder) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return manifest


def restore(settings: Settings, folder: Path) -> Restored:
    """Put a backup into a data folder that has no database. The database comes last, so this may be repeated.

    Args:
        settings: of an embedded installation.
        folder: what `back_up` wrote.

    Raises:
        InvalidOption: the data folder has a database, servers run on it, or the backup is none.
        CorruptData: the backup's database is damaged, or of a newer AURA-X.
        StorageFull: no room is left.
    """
    database = _embedded(settings)
    manifest = _read_manifest(folder)
    copy = folder / _DATABASE
    if not copy.is_file() or hash_file(copy)[0] != manifest.database_sha256:
        raise CorruptData(f"the database in {copy} as it was backed up", "another content", "use another backup")
    if manifest.schema_revision > NEWEST_REVISION:
        raise CorruptData(
            f"a backup of schema {NEWEST_REVISION} or older",
            f"schema {manifest.schema_revision}, written by a newer AURA-X",
            "update this AURA-X",
        )
    open_data_folder(settings)
    with RuntimeFolder(settings.run_dir).supervising() as alone:
        if not alone:
            raise InvalidOption("a data folder on which nothing runs", "servers", "stop `aurax up` first")
        if database.exists():
            raise InvalidOption(
                "a data folder without a database", str(database), "name an empty one with AURAX_DATA_DIR"
            )
        try:
            missing = _put_objects(settings, folder, copy)
            _put_database(copy, database)
        except OSError as error:
            raise storage_error(error, settings.data_dir) from error
        return Restored(settings.data_dir, manifest.songs, _unfinished(copy), missing)


def _embedded(settings: Settings) -> Path:
    location = settings.database_location
    if settings.objects_url is not None or not isinstance(location, Path):
        raise InvalidOption(
            "an installation with its database and its files in the data folder",
            "AURAX_DATABASE_URL or AURAX_OBJECTS_URL",
            "back up the database and the bucket with their own tools, as docs/backup.md says",
        )
    return location


def _gather(settings: Settings, database: Path, partial: Path) -> Manifest:
    store = open_objects(settings)
    copy, missing = partial / _DATABASE, frozenset[str]()
    for _ in range(_LOOKS):
        _snapshot(database, copy)
        refs = {ref.key: ref for ref in _references(copy)}
        before, missing = missing, frozenset(_copy_objects(store, refs.values(), partial / _OBJECTS))
        if not missing or missing == before:
            break
    _prune(partial / _OBJECTS, refs.keys() - missing)
    sizes = [ref.bytes for key, ref in refs.items() if key not in missing]
    with _reading(copy) as connection:
        songs = connection.execute("SELECT count(*) FROM songs").fetchone()[0]
        schema = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    return Manifest(
        written_by=f"aurax {__version__}",
        made_at=datetime.now(UTC),
        schema_revision=schema,
        database_sha256=hash_file(copy)[0],
        songs=songs,
        unfinished=len(_unfinished(copy)),
        objects=len(sizes),
        object_bytes=sum(sizes),
        missing=tuple(sorted(missing)),
    )


def _snapshot(database: Path, copy: Path) -> None:
    """Copy a database that may be written meanwhile; never as a file, whose newest pages are in another one."""
    copy.unlink(missing_ok=True)
    try:
        with (
            contextlib.closing(sqlite3.connect(database)) as source,
            contextlib.closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")  # one file, that needs nothing beside it
            sound = target.execute("PRAGMA quick_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        if is_disk_full(error):
            raise StorageFull(f"room for {copy}", str(error), "free some disk space and try again") from error
        sound = str(error)
    if sound != "ok":
        raise CorruptData(f"a whole database at {database}", sound, "put a backup of it back; nothing was changed")


def _references(copy: Path) -> Iterator[ObjectRef]:
    with _reading(copy) as connection:
        for key, sha256, size in connection.execute("SELECT DISTINCT key, sha256, bytes FROM assets"):
            yield ObjectRef(key=key, sha256=sha256, bytes=size)
        for (result,) in connection.execute("SELECT result FROM songs WHERE result IS NOT NULL"):
            content = json.loads(result)
            for file in Song.model_validate(content).files if content else ():
                yield file.object
                yield from (stem.audio for stem in file.embeds)


def _unfinished(copy: Path) -> tuple[str, ...]:
    with _reading(copy) as connection:
        return tuple(row[0] for row in connection.execute("SELECT id FROM songs WHERE status = 'making' ORDER BY id"))


def _copy_objects(store: ObjectStore, refs: Iterable[ObjectRef], folder: Path) -> Iterator[str]:
    """Copy what is not there yet; yields the keys of what is gone or damaged."""
    for ref in refs:
        target = folder / ref.key
        if target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            store.copy_to(ref, target)
        except DamagedObject:
            yield ref.key


def _prune(folder: Path, keys: Iterable[str]) -> None:
    wanted = {folder / key for key in keys}
    for path in folder.rglob("*"):
        if path.is_file() and path not in wanted:
            path.unlink()


def _put_objects(settings: Settings, folder: Path, copy: Path) -> tuple[str, ...]:
    store = open_objects(settings)
    missing = set()
    for ref in {one.key: one for one in _references(copy)}.values():
        source = folder / _OBJECTS / ref.key
        if not source.is_file() or hash_file(source) != (ref.sha256, ref.bytes):
            missing.add(ref.key)
        elif store.damaged([ref]):
            store.put_at(ref.key, source)
    return tuple(sorted(missing))


def _put_database(copy: Path, database: Path) -> None:
    partial = database.with_name(f".{database.name}.partial")
    shutil.copyfile(copy, partial)
    with partial.open("rb+") as file:
        os.fsync(file.fileno())
    partial.replace(database)


def _read_manifest(folder: Path) -> Manifest:
    try:
        return Manifest.model_validate_json((folder / _MANIFEST).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError):
        raise InvalidOption(
            "a folder that `aurax backup` wrote", f"none in {folder}", "name the folder that holds backup.json"
        ) from None


@contextlib.contextmanager
def _reading(copy: Path) -> Iterator[Any]:
    with contextlib.closing(sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        yield connection
