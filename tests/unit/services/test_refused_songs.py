"""Songs that are not accepted in their owner's name."""

from __future__ import annotations

import pytest
from builders.ports import MemorySongs, memory_context

from aurax.errors import AuraxError, LimitReached, NotAllowed
from aurax.services.discard import EndRequest, end_song
from aurax.services.keep_intent import keep_intent
from aurax.services.lineage import Lineage
from aurax.services.people.admit_song import NewSong
from aurax.services.ports import Asset
from aurax.services.request import SongRequest
from aurax.services.task import SongTask

TASK = SongTask(song_id="s" * 32, request=SongRequest(prompt="lofi", seed=1), lineage=Lineage(owner="ada"))


class Refusing:
    """Accepts nothing."""

    def __init__(self, error: AuraxError) -> None:
        self.error = error
        self.asked: list[NewSong] = []

    async def admit(self, song: NewSong, *, again: bool = False) -> None:
        self.asked.append(song)
        raise self.error


async def test_a_song_with_an_owner_is_accepted_before_anything_is_recorded() -> None:
    songs, refusing = MemorySongs(), Refusing(LimitReached("room", "none", "wait"))
    with pytest.raises(LimitReached):
        await keep_intent(memory_context(songs=songs, admissions=refusing), TASK)
    assert (songs.rows, [song.song_id for song in refusing.asked]) == ({}, [TASK.song_id])


@pytest.mark.parametrize("kind", [LimitReached, NotAllowed])
async def test_the_end_of_a_refused_song_touches_nothing_of_what_has_its_id(kind: type[AuraxError]) -> None:
    songs = MemorySongs(
        rows={TASK.song_id: {"status": "delivered"}},
        assets={TASK.song_id: {"mix": Asset(name="mix", key="audio/x.flac", sha256="x", bytes=1)}},
    )
    context = memory_context(songs=songs)
    await end_song(context, EndRequest(song_id=TASK.song_id, status="failed", error=kind.__name__))
    assert songs.rows == {TASK.song_id: {"status": "delivered"}}
    assert list(songs.assets[TASK.song_id]) == ["mix"]
