"""A delivered song's files over HTTP: found by their names in the song, never by a path of this machine."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from aurax.adapters.http.installation import Installation
from aurax.adapters.http.views import FileView
from aurax.adapters.objects.content_types import content_type
from aurax.adapters.objects.store import ObjectStore
from aurax.deliver.dawproject import assemble_dawproject
from aurax.errors import InvalidOption, NotFound
from aurax.services.people.principal import Owner
from aurax.services.song import Deliverable, Song

_LINK_S = 600.0
_PAGE_POLICY = (
    "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
)
"""For the report, which is one page that loads nothing: it may not reach the rest of the server."""


class HeldFile(FileResponse):
    """A file that is kept where it is until it was sent, with ranges and conditions.

    Args:
        path: the file.
        held: what keeps it there; closed afterwards.
        headers: `ETag` among them.
        media_type: of the file.
    """

    def __init__(self, path: Path, held: ExitStack, headers: Mapping[str, str], media_type: str) -> None:
        super().__init__(path, headers=headers, media_type=media_type)
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        with self._held:
            await super().__call__(scope, receive, send)


async def delivered(at: Installation, owner: Owner, song_id: str) -> Song:
    """A delivered song of a person.

    Raises:
        NotFound: there is none, or it is not theirs.
        InvalidOption: it is not delivered, or its files were let go.
    """
    songs = at.library(owner).songs
    song = await songs.files(song_id)
    if song is None:
        row = await songs.get_song(song_id)
        raise InvalidOption("a song that is delivered", f"{row.id[:8]}, {row.status}", "wait for it, or make it again")
    return song


def file_of(song: Song, path: str) -> Deliverable:
    """One file of a song.

    Raises:
        NotFound: it has none of that name.
    """
    found = next((file for file in song.files if file.path == path), None)
    if found is None:
        raise NotFound(
            "the name of one of the song's files",
            repr(path[:100]),
            f"GET /api/v1/songs/{song.song_id}/files lists them",
        )
    return found


def file_view(song: Song, file: Deliverable) -> FileView:
    """How a file is listed."""
    return FileView(
        path=file.path,
        bytes=file.object.bytes + sum(stem.audio.bytes for stem in file.embeds),
        sha256=None if file.embeds else file.object.sha256,
        media_type=content_type(file.path),
        url=f"/api/v1/songs/{song.song_id}/files/{quote(file.path)}",
    )


async def send_file(at: Installation, file: Deliverable, if_none_match: str, *, direct: bool) -> Response:
    """The response that carries a file, or says that the caller has it already, or where it is.

    Args:
        at: the installation.
        file: the file.
        if_none_match: the header of that name.
        direct: whether a store with addresses of its own may be asked by the caller itself.

    Raises:
        DamagedObject: the file is gone, or not what was stored.
    """
    etag = f'"{file.object.sha256}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Content-Disposition": _disposition(file.path)}
    if etag in (one.strip().removeprefix("W/") for one in if_none_match.split(",")) or if_none_match.strip() == "*":
        return Response(status_code=304, headers=headers)
    name = PurePosixPath(file.path).name
    if direct and not file.embeds:
        link = await asyncio.to_thread(at.objects.link, file.object.key, _LINK_S, name)
        if link is not None:
            return RedirectResponse(link, status_code=307, headers={"Cache-Control": "no-store"})
    if file.path.endswith(".html"):
        headers["Content-Security-Policy"] = _PAGE_POLICY
    held = ExitStack()
    try:
        path = await asyncio.to_thread(_placed, at.objects, file, held)
    except BaseException:
        held.close()
        raise
    return HeldFile(path, held, headers, content_type(file.path))


def _placed(objects: ObjectStore, file: Deliverable, held: ExitStack) -> Path:
    """Where the whole file is on this machine until `held` is closed."""
    source = held.enter_context(objects.hold(file.object))
    if not file.embeds:
        return source
    folder = Path(tempfile.mkdtemp(prefix="aurax-download-"))
    held.callback(shutil.rmtree, folder, ignore_errors=True)
    stems = {stem.inside: held.enter_context(objects.hold(stem.audio)) for stem in file.embeds}
    whole = folder / PurePosixPath(file.path).name
    assemble_dawproject(whole, source, stems)
    return whole


def _disposition(path: str) -> str:
    """Audio and pages are shown, everything else is saved; the name has no folders."""
    kind = "inline" if content_type(path).startswith(("audio/", "image/", "text/html")) else "attachment"
    return f"{kind}; filename*=UTF-8''{quote(PurePosixPath(path).name)}"
