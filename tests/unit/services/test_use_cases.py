"""Use cases on ports that live in memory: no Temporal, no database, no files."""

from __future__ import annotations

from typing import Any

import pytest
from builders.ports import MemoryEvents, MemoryObjects, MemorySongs, memory_context

from aurax.audio.reference import ObjectRef
from aurax.compose.style_registry import load_styles
from aurax.errors import DamagedObject, InvalidPrompt, RenderFailed, UnknownPlugin
from aurax.intent.intent import Intent
from aurax.judge.criterion_registry import load_criteria
from aurax.render.instrument_registry import load_instruments
from aurax.services.compose_candidate import Candidate, CandidateRequest, compose_candidate
from aurax.services.context import WorkerContext
from aurax.services.discard import DiscardRequest, EndRequest, discard_attempt, end_song
from aurax.services.find_damage import DamageRequest, find_damage
from aurax.services.keep_intent import keep_intent
from aurax.services.render_track import TrackRequest, render_track
from aurax.services.request import SongRequest
from aurax.services.task import SongTask
from aurax.services.understand import understand

SONG = "abc"
REQUEST = SongRequest(prompt="lofi, 82 bpm, 8 seconds", seed=5)


@pytest.fixture(scope="module")
def intent() -> Intent:
    return understand(REQUEST)


@pytest.fixture
def context() -> WorkerContext:
    return memory_context(styles=load_styles(), instruments=load_instruments(), criteria=load_criteria())


def parts(context: WorkerContext) -> tuple[MemoryObjects, MemorySongs, MemoryEvents]:
    objects: Any = context.objects
    songs: Any = context.songs
    events: Any = context.events
    return objects, songs, events


async def composed(context: WorkerContext, intent: Intent, seed: int = 5) -> Candidate:
    analysis = await keep_intent(context, SongTask(song_id=SONG, request=REQUEST, intent=intent))
    asked = CandidateRequest(song_id=SONG, intent=analysis.intent, take_number=1, index=0, seed=seed)
    return await compose_candidate(context, asked)


async def test_what_was_understood_is_stored_and_not_read_again(
    context: WorkerContext, intent: Intent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aurax.services.keep_intent.understand", lambda request: pytest.fail("the prompt was read"))
    analysis = await keep_intent(context, SongTask(song_id=SONG, request=REQUEST, intent=intent))
    _, songs, events = parts(context)
    assert context.intent(analysis.intent) == intent
    assert songs.rows[SONG]["title"] == intent.title
    assert events.kinds == ["intent.started", "intent.finished"]


async def test_a_task_of_an_earlier_version_is_read_by_the_worker(context: WorkerContext, intent: Intent) -> None:
    analysis = await keep_intent(context, SongTask(song_id=SONG, request=REQUEST))
    assert context.intent(analysis.intent) == intent


async def test_a_prompt_of_an_earlier_version_that_cannot_be_read_is_refused(context: WorkerContext) -> None:
    with pytest.raises(InvalidPrompt):
        await keep_intent(context, SongTask(song_id=SONG, request=SongRequest(prompt=" ")))


async def test_the_same_seed_composes_the_same_score_and_every_object_is_registered(
    context: WorkerContext, intent: Intent
) -> None:
    first, second = await composed(context, intent), await composed(context, intent)
    other = await composed(context, intent, seed=6)
    assert first.score == second.score != other.score
    objects, songs, events = parts(context)
    assert {asset.key for asset in songs.assets[SONG].values()} >= {one.score.key for one in (other,) if one.score}
    assert set(objects.documents) >= {asset.key for asset in songs.assets[SONG].values()}
    assert events.kinds.count("compose.progress") == 1


async def test_a_style_that_is_not_installed_is_named(intent: Intent) -> None:
    with pytest.raises(UnknownPlugin, match=intent.style):
        await composed(memory_context(instruments=load_instruments(), criteria=load_criteria()), intent)


async def test_a_stopped_renderer_is_worth_another_try(context: WorkerContext, intent: Intent) -> None:
    candidate = await composed(context, intent)
    assert candidate.score is not None
    asked = TrackRequest(song_id=SONG, take_number=1, score=candidate.score, track=candidate.tracks[0])
    with pytest.raises(RenderFailed) as failure:
        await render_track(context, asked)
    assert failure.value.retryable


async def test_a_damaged_score_is_found_and_recorded_once(context: WorkerContext, intent: Intent) -> None:
    candidate = await composed(context, intent)
    assert candidate.score is not None
    objects, _, events = parts(context)
    objects.broken.add(candidate.score.key)
    asked = DamageRequest(song_id=SONG, objects=(candidate.score,))
    found = [await find_damage(context, asked, once="same search") for _ in range(2)]
    assert [damage.keys for damage in found] == [{candidate.score.key}] * 2
    assert events.kinds.count("objects.damaged") == 1


async def test_a_manifest_that_cannot_be_read_counts_as_damaged(context: WorkerContext) -> None:
    objects, *_ = parts(context)
    manifest = objects.put_bytes(b"{}")
    assert (await find_damage(context, DamageRequest(song_id=SONG, stems=(manifest,)), once="")).keys == {manifest.key}


async def test_a_discarded_attempt_leaves_what_another_song_needs(context: WorkerContext) -> None:
    objects, songs, events = parts(context)
    mine, shared = objects.put_bytes(b"mine"), objects.put_bytes(b"shared")
    await _own(songs, SONG, {"take 1/mix 0/mix": mine, "take 1/mix 0/master": shared, "intent": shared})
    await discard_attempt(context, DiscardRequest(song_id=SONG, prefix="take 1/mix 0/"))
    assert set(objects.documents) == {shared.key}
    assert set(songs.assets[SONG]) == {"intent"}
    assert events.kinds == ["attempt.discarded"]


async def test_a_failed_song_ends_without_objects_and_says_why(context: WorkerContext) -> None:
    objects, songs, events = parts(context)
    await _own(songs, SONG, {"intent": objects.put_bytes(b"intent")})
    await end_song(context, EndRequest(song_id=SONG, status="failed", error="StorageFull", message="no room"))
    assert objects.documents == {}
    assert songs.rows[SONG]["details"]["error"] == {"type": "StorageFull", "message": "no room"}
    assert events.kinds == ["song.failed"]


async def test_a_delivered_song_is_not_ended_by_an_earlier_run(context: WorkerContext) -> None:
    objects, songs, _ = parts(context)
    await _own(songs, SONG, {"master.flac": objects.put_bytes(b"audio")})
    await songs.set_song_status(SONG, "delivered", result={"files": []})
    await end_song(context, EndRequest(song_id=SONG, status="cancelled"))
    assert songs.rows[SONG]["status"] == "delivered"
    assert len(objects.documents) == 1


async def test_an_object_that_is_gone_is_damaged_for_whatever_reads_it(context: WorkerContext, intent: Intent) -> None:
    candidate = await composed(context, intent)
    assert candidate.score is not None
    gone = candidate.score.model_copy(update={"key": "documents/gone.json"})
    with pytest.raises(DamagedObject):
        context.score(gone)


async def _own(songs: MemorySongs, song_id: str, named: dict[str, ObjectRef]) -> None:
    from aurax.services.ports import Asset

    await songs.save_assets(song_id, [Asset.of(name, ref) for name, ref in named.items()])
