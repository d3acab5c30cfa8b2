"""Songs: asked for, listed, looked at, rated and cancelled."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Header, Query, Response
from pydantic import Field

from aurax.adapters.http.access import Caller, Reader, Writer
from aurax.adapters.http.desk import Desk, digest_of
from aurax.adapters.http.installation import At
from aurax.adapters.http.problems import answers
from aurax.adapters.http.streams import MEDIA_TYPE, event_stream
from aurax.adapters.http.views import Moment, Page, SongAccepted, SongView, TakeView, View
from aurax.errors import InvalidOption
from aurax.produce.cost.ledger_line import LedgerLine
from aurax.services.request import SongRequest
from aurax.services.session import Answer

router = APIRouter(tags=["songs"])

IdempotencyKey = Annotated[
    str | None,
    Header(description="Names the request: sent again, it makes nothing new.", pattern=r"^[A-Za-z0-9.:_-]{1,100}$"),
]
"""Header by which a repeated request is known."""

_LARGEST_SEED = 2**31

SongWanted = Annotated[
    SongRequest,
    Body(
        openapi_examples={
            "a prompt": {"value": {"prompt": "rainy-night lo-fi hip hop, 82 bpm, 1 minute", "seed": 7}},
            "with options": {"value": {"prompt": "deep house", "duration_s": "1:30", "takes": 2, "formats": ["mp3"]}},
        }
    ),
]
"""A song that is wanted: the prompt, and the options of `aurax make`."""


class Rating(View):
    """What a person thinks of a song."""

    stars: int = Field(ge=1, le=5)
    words: str = Field(default="", max_length=2000)


def wanted(asked: SongRequest, caller: Caller, request_id: str | None) -> SongRequest:
    """The request that a body stands for.

    Args:
        asked: the body.
        caller: who asks.
        request_id: with which; a song without a seed gets one that belongs to it, so that a repeated request asks for
            the same song.
    """
    if request_id is None or "seed" in asked.model_fields_set:
        return asked
    seed = int.from_bytes(digest_of(caller.owner, request_id)[:4]) % _LARGEST_SEED
    return asked.model_copy(update={"seed": seed})


async def accepted(desk: Desk, session_id: str, answer: Answer) -> SongAccepted:
    """What is answered to a request for a song."""
    assert answer.version is not None
    assert answer.song_id is not None
    state = await desk.state(session_id)
    at_work = [one for one in state.versions if one.status == "making" and one.song_id != answer.song_id]
    is_full = len(at_work) >= state.songs_at_once
    row = await desk.row_of(None if is_full else answer.song_id)
    return SongAccepted(
        session_id=state.session_id,
        version=answer.version,
        song_id=answer.song_id,
        status="waiting" if row is None else row.status,
        song=None if row is None else SongView.of(row),
        events=f"/api/v1/songs/{answer.song_id}/events",
    )


@router.post(
    "/songs",
    status_code=201,
    response_model=SongAccepted,
    responses={**answers(402, 507), 201: {"content": {MEDIA_TYPE: {}}, "description": "The song is going to be made."}},
    summary="Ask for a song",
)
async def ask_for_song(
    asked: SongWanted,
    at: At,
    caller: Writer,
    response: Response,
    idempotency_key: IdempotencyKey = None,
    accept: Annotated[str, Header()] = "",
) -> SongAccepted | Response:
    """Begin a song, in a session of its own; the answer comes at once, the song is made in the background.

    With `Accept: text/event-stream` the answer is `song.accepted` and then every event of the song, to its end.
    """
    desk = Desk(at, caller.owner)
    song = await desk.prepared(wanted(asked, caller, idempotency_key))
    session_id, answer = await desk.new_song(song, idempotency_key)
    made = await accepted(desk, session_id, answer)
    if MEDIA_TYPE in accept:
        return event_stream(desk.library.songs, made.song_id, accepted=made, status=201)
    response.headers["Location"] = f"/api/v1/songs/{made.song_id}"
    return made


@router.get("/songs", responses=answers(), summary="List songs")
async def list_songs(
    at: At,
    caller: Reader,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    after: Annotated[str | None, Query(max_length=200, description="`next` of the page before.")] = None,
    session_id: Annotated[str | None, Query(max_length=32, description="Only those of a session.")] = None,
    project_id: Annotated[str | None, Query(max_length=32, description="Only those of a project.")] = None,
) -> Page[SongView]:
    """The caller's songs, newest first."""
    before = None if after is None else Moment.of(after)
    found = await at.library(caller.owner).songs.list_songs(
        limit + 1,
        session_id=session_id,
        project_id=project_id,
        before=None if before is None else (before.at, before.id),
    )
    shown = found[:limit]
    last = shown[-1] if len(found) > limit else None
    return Page(
        items=tuple(SongView.of(song) for song in shown),
        next=None if last is None else Moment(at=last.created_at, id=last.id).cursor(),
    )


@router.get("/songs/{song_id}", responses=answers(404), summary="A song")
async def get_song(song_id: str, at: At, caller: Reader) -> SongView:
    """One song as it stands."""
    return SongView.of(await at.library(caller.owner).songs.get_song(song_id))


@router.get("/songs/{song_id}/takes", responses=answers(404), summary="Its takes and their verdicts")
async def get_takes(song_id: str, at: At, caller: Reader) -> tuple[TakeView, ...]:
    """Every attempt at a song, why it was made and how it was judged."""
    return tuple(TakeView.of(take) for take in await at.library(caller.owner).songs.takes(song_id))


@router.get("/songs/{song_id}/costs", responses=answers(404), summary="What it cost")
async def get_costs(song_id: str, at: At, caller: Reader) -> tuple[LedgerLine, ...]:
    """What each paid call for a song cost."""
    return await at.library(caller.owner).songs.cost_lines(song_id)


@router.put("/songs/{song_id}/rating", responses=answers(404), summary="Rate a song")
async def rate_song(song_id: str, rating: Rating, at: At, caller: Writer) -> SongView:
    """Note what the caller thinks of a delivered song."""
    desk = Desk(at, caller.owner)
    song = await desk.library.songs.get_song(song_id)
    if song.status != "delivered":
        raise InvalidOption("a song that is delivered", f"{song.id[:8]}, {song.status}", "wait for it")
    await desk.library.songs.rate_song(song.id, rating.stars, rating.words)
    return SongView.of(await desk.library.songs.get_song(song.id))


@router.post("/songs/{song_id}/cancel", responses=answers(404), summary="Cancel a song")
async def cancel_song(song_id: str, at: At, caller: Writer) -> SongView:
    """Stop making a song; what it stored is taken away again."""
    desk = Desk(at, caller.owner)
    song = await desk.library.songs.get_song(song_id)
    session_id, version = song.session_id, song.version
    if song.status != "making" or session_id is None or version is None:
        raise InvalidOption(
            "a song that is being made in a session", f"{song.id[:8]}, {song.status}", "look at its status"
        )
    await desk.ask(session_id, lambda session: session.cancel(version))
    return SongView.of(await desk.library.songs.get_song(song.id))
