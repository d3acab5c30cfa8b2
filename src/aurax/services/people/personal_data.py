"""A person's data, out and away: everything that is kept of them as files, and removing it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from aurax.deliver.dawproject import assemble_dawproject
from aurax.deliver.slug import slug
from aurax.errors import DamagedObject, InvalidOption, StorageFull, UnwritableOutput, is_disk_full
from aurax.services.ports import Objects
from aurax.services.song import Deliverable, Song
from aurax.text import is_safe_path
from aurax.version import __version__

ROWS_FILE = "person.json"
"""Holds every row of the database that concerns the person."""


class PersonalRows(Protocol):
    """What the database keeps of a person."""

    async def rows(self, person_id: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Every row by table as it is at one moment, without hashes of keys, or raise `NotFound`."""

    async def begin_removal(self, person_id: str) -> tuple[str, ...]:
        """Disable the person, unless something of theirs is in the making; ids of their songs, or raise."""

    async def own_keys(self, song_id: str) -> tuple[str, ...]:
        """Keys of objects that this song needs and no other does."""

    async def delete_song(self, song_id: str) -> tuple[str, ...]:
        """Forget a song; keys that no song needs now."""

    async def finish_removal(self, person_id: str) -> None:
        """Forget a person without songs, in one step."""


@dataclass(frozen=True)
class Exported:
    """What was written.

    Args:
        folder: with all of it.
        songs: how many songs have their files there.
        missing: files that are not kept any more, or damaged, as `title: path`.
    """

    folder: Path
    songs: int
    missing: tuple[str, ...]


async def export_person(rows: PersonalRows, objects: Objects, person_id: str, folder: Path) -> Exported:
    """Write everything that is kept of a person into a new folder, which appears complete or not at all.

    Args:
        rows: the database.
        objects: the stored files.
        person_id: the person.
        folder: must not be there yet, or be empty.

    Raises:
        NotFound: there is no such person.
        UnwritableOutput: the folder holds something, or cannot be written.
        StorageFull: no room is left.
        ServiceUnavailable: the store does not answer.
    """
    kept = await rows.rows(person_id)
    return await asyncio.to_thread(_write, kept, objects, folder.expanduser().absolute())


async def delete_person(rows: PersonalRows, objects: Objects, person_id: str) -> int:
    """Remove a person with everything that is kept of them; what they cost stays in the sums, without a name.

    Repeatable: the person is disabled first and forgotten last, and of each song the objects go before the rows that
    name them. Whatever stops it, the next call goes on from there.

    Args:
        rows: the database.
        objects: the stored files.
        person_id: the person.

    Returns:
        How many songs they had.

    Raises:
        NotFound: there is no such person.
        InvalidOption: a song or a session of theirs is still running; nothing was changed.
        ServiceUnavailable: the database or the store does not answer.
    """
    songs = await rows.begin_removal(person_id)
    for song_id in songs:
        doomed = {*await rows.own_keys(song_id), *await asyncio.to_thread(objects.keys, f"songs/{song_id}")}
        await asyncio.to_thread(objects.delete, sorted(doomed))
        await asyncio.to_thread(objects.delete, await rows.delete_song(song_id))
    await rows.finish_removal(person_id)
    return len(songs)


def _write(kept: Mapping[str, Sequence[Mapping[str, Any]]], objects: Objects, folder: Path) -> Exported:
    partial = folder.parent / f".{folder.name}.partial-{secrets.token_hex(4)}"
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UnwritableOutput("a folder that is not there yet, or is empty", str(folder), "choose another --out")
        partial.mkdir(parents=True, mode=0o700)
        missing: list[str] = []
        with_files = 0
        for row in kept["songs"]:
            if row["result"] is not None:
                song = Song.model_validate(row["result"])
                missing += _write_song(objects, song, partial / "songs" / f"{slug(song.title)}-{song.song_id[:8]}")
                with_files += 1
        content = {"written_by": f"aurax {__version__}", **kept, "missing_files": missing}
        text = json.dumps(content, ensure_ascii=False, indent=2, default=str)
        (partial / ROWS_FILE).write_text(text + "\n", encoding="utf-8")
        partial.replace(folder)
    except OSError as error:
        if is_disk_full(error):
            raise StorageFull(f"room for {folder}", str(error), "free some disk space and try again") from error
        raise UnwritableOutput(
            f"{folder} to be writable", error.strerror or str(error), "choose another --out"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(partial, ignore_errors=True)
    return Exported(folder, with_files, tuple(missing))


def _write_song(objects: Objects, song: Song, folder: Path) -> list[str]:
    missing = []
    for file in song.files:
        target = folder / file.path
        if not is_safe_path(file.path):
            raise InvalidOption("a file inside the song's folder", repr(file.path), "remove this song first")
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            _write_file(objects, file, target)
        except DamagedObject:
            target.unlink(missing_ok=True)
            missing.append(f"{song.title}: {file.path}")
    return missing


def _write_file(objects: Objects, file: Deliverable, target: Path) -> None:
    with contextlib.ExitStack() as held:  # a copy of a remote object must stay until it is read
        source = held.enter_context(objects.hold(file.object))
        if file.embeds:
            stems = {stem.inside: held.enter_context(objects.hold(stem.audio)) for stem in file.embeds}
            assemble_dawproject(target, source, stems)
        else:
            shutil.copyfile(source, target)
