"""Links to share: made by who owns a song, opened by anybody who has one."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Header
from pydantic import Field
from starlette.responses import Response

from aurax.adapters.http.access import Writer
from aurax.adapters.http.files import delivered, file_of, file_view, send_file
from aurax.adapters.http.installation import At
from aurax.adapters.http.problems import answers
from aurax.adapters.http.shares import LONGEST_S, Share, Shares
from aurax.adapters.http.views import FileView, View
from aurax.errors import NotFound
from aurax.services.song import Deliverable, Song

router = APIRouter(tags=["shares"])


class ShareWanted(View):
    """How long a link is valid."""

    expires_in_s: float = Field(default=7 * 86_400.0, ge=1.0, le=LONGEST_S)
    """A week, unless said otherwise; thirty days at the most."""


class ShareMade(View):
    """A link."""

    url: str
    """Below the server's address; whoever has it can hear the song."""
    expires_at: datetime


class SharedSong(View):
    """What a link shows."""

    title: str
    style: str
    duration_s: float
    files: tuple[FileView, ...]
    """The master, in every format that there is."""


@router.post("/songs/{song_id}/shares", status_code=201, responses=answers(404), summary="Make a link to share")
async def share_song(song_id: str, asked: ShareWanted, at: At, caller: Writer) -> ShareMade:
    """A link by which anybody can hear the master for a while; it cannot be taken back before its time."""
    song = await delivered(at, caller.owner, song_id)
    until = time.time() + asked.expires_in_s
    link = Shares(at.settings).link(Share(song=song.song_id, owner=caller.owner, until=until))
    return ShareMade(url=f"/api/v1/shared/{link}", expires_at=datetime.fromtimestamp(until, UTC))


@router.get("/shared/{link}", responses=answers(404), summary="A shared song")
async def get_shared(link: str, at: At) -> SharedSong:
    """What a link is for; no key is needed."""
    song = await _shared(at, link)
    files = [file_view(song, file) for file in song.files if _is_master(file)]
    return SharedSong(
        title=song.title,
        style=song.style,
        duration_s=song.duration_s,
        files=tuple(one.model_copy(update={"url": f"/api/v1/shared/{link}/{quote(one.path)}"}) for one in files),
    )


@router.head("/shared/{link}/{path}", include_in_schema=False)
@router.get(
    "/shared/{link}/{path}",
    responses={**answers(404), 200: {"content": {"application/octet-stream": {}}}, 206: {}, 304: {}},
    summary="Hear a shared song",
    response_class=Response,
)
async def get_shared_file(link: str, path: str, at: At, if_none_match: Annotated[str, Header()] = "") -> Response:
    """The master, whole or a range of it."""
    song = await _shared(at, link)
    file = file_of(song, path)
    if not _is_master(file):
        raise NotFound("the name of a master", repr(path[:100]), "look at what the link shows")
    return await send_file(at, file, if_none_match, direct=False)


async def _shared(at: At, link: str) -> Song:
    share = Shares(at.settings).open(link)
    return await delivered(at, share.owner, share.song)


def _is_master(file: Deliverable) -> bool:
    return file.path.startswith("master.")
