"""Files of songs brought to this machine: whole, as they were stored, and not twice."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from aurax.adapters.http.views import FileView
from aurax.adapters.web_client.connection import Connection, quoted, repeating
from aurax.errors import AuraxError, DamagedObject, StorageFull, UnwritableOutput, is_disk_full

_PARTIAL: Final = 206


def download(connection: Connection, song_id: str, file: FileView, to: Path) -> Path:
    """Bring a file here; one that is here already is not asked for, one that is half here is continued.

    Args:
        connection: to the server.
        song_id: the song.
        file: as the server lists it.
        to: where it goes; what is there is replaced.

    Returns:
        `to`.

    Raises:
        DamagedObject: what came is not what the song has.
        StorageFull: no room is left.
        UnwritableOutput: the folder cannot be written.
        AuraxError: of the kind that the server says.
    """
    try:
        if file.sha256 is not None and to.is_file() and _sha256(to) == file.sha256:
            return to
        to.parent.mkdir(parents=True, exist_ok=True)
        part = to.with_name(f".{to.name[:100]}.{(file.sha256 or 'whole')[:16]}.part")
        continued = part.exists()
        repeating(lambda: _fetch(connection, song_id, file, part))
        if not _is_whole(part, file) and continued:  # what was there before was not what it should be
            part.unlink()
            repeating(lambda: _fetch(connection, song_id, file, part))
        if not _is_whole(part, file):
            part.unlink()
            raise DamagedObject(f"{file.path} as the song has it", "other content", "download it again")
        part.replace(to)
    except OSError as error:
        raise _unwritable(error, to.parent) from error
    return to


def _fetch(connection: Connection, song_id: str, file: FileView, part: Path) -> None:
    """Bring what is missing of a file."""
    have = part.stat().st_size if file.sha256 is not None and part.exists() else 0
    if file.sha256 is not None and have == file.bytes:
        return
    # A server that has other content by now ignores the range and sends the whole.
    wanted = {"Range": f"bytes={have}-", "If-Range": f'"{file.sha256}"'} if 0 < have < file.bytes else {}
    path = quoted("songs", song_id, "files", file.path)
    with (
        connection.opened("GET", path, headers=wanted) as incoming,
        part.open("ab" if incoming.status == _PARTIAL else "wb") as sink,
    ):
        for chunk in incoming.chunks():
            sink.write(chunk)


def _is_whole(part: Path, file: FileView) -> bool:
    return file.sha256 is None or _sha256(part) == file.sha256


def _sha256(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _unwritable(error: OSError, folder: Path) -> AuraxError:
    if is_disk_full(error):
        return StorageFull(f"room in {folder}", "none left", "free some room there and download it again")
    return UnwritableOutput(
        f"{folder} to be a folder that can be written", error.strerror or str(error), "choose another folder"
    )
