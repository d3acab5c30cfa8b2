"""Files of delivered songs, and what is to be seen of them."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.responses import Response

from aurax.adapters.http.access import Reader
from aurax.adapters.http.files import delivered, file_of, file_view, send_file
from aurax.adapters.http.installation import At
from aurax.adapters.http.pictures import LoudnessCurve, Peaks, SpectrumCurve, loudness_of, peaks_of, spectrum_of
from aurax.adapters.http.problems import answers
from aurax.adapters.http.views import FileView
from aurax.audio.files import read_audio
from aurax.audio.waveform import Waveform
from aurax.deliver.record import SongRecord
from aurax.errors import InvalidOption
from aurax.score.score import Score

router = APIRouter(prefix="/songs/{song_id}", tags=["files"])

AudioPath = Annotated[str, Query(max_length=200, description="One of the song's FLAC files.")]


@router.get("/files", responses=answers(404), summary="List a song's files")
async def list_files(song_id: str, at: At, caller: Reader) -> tuple[FileView, ...]:
    """Every file of a delivered song."""
    song = await delivered(at, caller.owner, song_id)
    return tuple(file_view(song, file) for file in song.files)


@router.head("/files/{path:path}", include_in_schema=False)
@router.get(
    "/files/{path:path}",
    responses={**answers(404), 200: {"content": {"application/octet-stream": {}}}, 206: {}, 304: {}, 307: {}},
    summary="Download a file",
    response_class=Response,
)
async def get_file(
    song_id: str,
    path: str,
    at: At,
    caller: Reader,
    if_none_match: Annotated[str, Header()] = "",
    direct: Annotated[
        bool, Query(description="Answer with the store's own address for a while, where it has addresses.")
    ] = False,
) -> Response:
    """One file, whole or a range of it; `ETag` is its hash."""
    song = await delivered(at, caller.owner, song_id)
    return await send_file(at, file_of(song, path), if_none_match, direct=direct)


@router.get("/record", responses=answers(404), summary="The song's record")
async def get_record(song_id: str, at: At, caller: Reader) -> SongRecord:
    """Everything that is known of a delivered song: plan, mix, master, stems, verdict, wishes, notes and timings."""
    return SongRecord.model_validate_json(await _content(at, caller, song_id, "song.json"))


@router.get(
    "/score", responses={**answers(404), 200: {"content": {"application/json": {}}}}, summary="The song's notes"
)
async def get_score(song_id: str, at: At, caller: Reader) -> Response:
    """The score as data: plan, tracks and notes."""
    return Response(await _content(at, caller, song_id, "score.json"), media_type="application/json")


@router.get("/peaks", responses=answers(404), summary="Peaks for drawing")
async def get_peaks(
    song_id: str,
    at: At,
    caller: Reader,
    path: AudioPath = "master.flac",
    points: Annotated[int, Query(ge=10, le=20_000)] = 1000,
) -> Peaks:
    """Lowest and highest sample of each stretch of a file, over both channels."""
    return await asyncio.to_thread(peaks_of, await _audio(at, caller, song_id, path), points)


@router.get("/loudness", responses=answers(404), summary="Loudness over time")
async def get_loudness(song_id: str, at: At, caller: Reader, path: AudioPath = "master.flac") -> LoudnessCurve:
    """Short-term loudness by ITU-R BS.1770-4."""
    return await asyncio.to_thread(loudness_of, await _audio(at, caller, song_id, path))


@router.get("/spectrum", responses=answers(404), summary="Spectrum and its target")
async def get_spectrum(song_id: str, at: At, caller: Reader, path: AudioPath = "master.flac") -> SpectrumCurve:
    """Long-term spectrum of a file, and what the style aims at."""
    waveform = await _audio(at, caller, song_id, path)
    score = Score.from_json(await _content(at, caller, song_id, "score.json"))
    return await asyncio.to_thread(spectrum_of, waveform, score)


async def _content(at: At, caller: Reader, song_id: str, path: str) -> bytes:
    file = file_of(await delivered(at, caller.owner, song_id), path)
    return await asyncio.to_thread(at.objects.read_bytes, file.object)


async def _audio(at: At, caller: Reader, song_id: str, path: str) -> Waveform:
    if not path.endswith(".flac"):
        raise InvalidOption("one of the song's FLAC files", repr(path[:100]), "look at the song's files")
    file = file_of(await delivered(at, caller.owner, song_id), path)

    def read() -> Waveform:
        with at.objects.hold(file.object) as place:
            return read_audio(place)

    return await asyncio.to_thread(read)
