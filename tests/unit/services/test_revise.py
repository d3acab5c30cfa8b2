"""The use cases: a note is read for a song, and revisions make stored documents of a new version."""

from __future__ import annotations

import asyncio
from typing import Any

from builders.composed import in_style, read_note
from builders.ports import memory_context

from aurax.audio.reference import ObjectRef
from aurax.compose.style_registry import load_styles
from aurax.render.instrument_registry import load_instruments
from aurax.services.context import WorkerContext
from aurax.services.revise import NoteRequest, Revised, ReviseRequest, revise
from aurax.services.revise import read_note as read_for_a_song


def stored(style: str = "lofi") -> tuple[WorkerContext, ObjectRef, ObjectRef]:
    context = memory_context(styles=load_styles(), instruments=load_instruments())
    song = in_style(style)
    nobody = lambda ref: None  # noqa: E731
    return context, context.put_intent(song.intent, nobody), context.put_score(song.score, nobody)


def make(note: str, **fields: Any) -> tuple[WorkerContext, Revised, ObjectRef, ObjectRef]:
    context, intent, score = stored()
    request = {"song_id": "song-1", "take_number": 2, "revisions": (read_note(note),), "intent": intent, "score": score}
    revised = asyncio.run(revise(context, ReviseRequest.model_validate({**request, "seed": 7, **fields})))
    return context, revised, intent, score


def test_edited_notes_are_stored_as_a_document_of_their_own() -> None:
    context, revised, _, score = make("slower")
    assert revised.score is not None
    assert revised.score != score
    assert context.score(revised.score).plan.tempo_bpm == round(in_style("lofi").score.plan.tempo_bpm / 1.08)


def test_a_change_of_the_mix_keeps_the_notes() -> None:
    _, revised, _, score = make("louder bass")
    assert (revised.layer, revised.score) == ("mix", score)
    assert revised.mix.asked.stem_db == {"bass": 2.5}


def test_a_song_that_is_composed_anew_has_no_notes_yet() -> None:
    _, revised, intent, _ = make("make it 2 minutes")
    assert (revised.layer, revised.score) == ("plan", None)
    assert revised.intent != intent


def test_the_same_request_gives_the_same_result() -> None:
    assert make("another take, and slower")[1] == make("another take, and slower")[1]


def test_what_cannot_be_done_changes_nothing() -> None:
    _, revised, intent, score = make("louder cowbell")
    assert (revised.intent, revised.score, revised.layer) == (intent, score, "master")


def test_everything_that_is_stored_belongs_to_the_song() -> None:
    context, revised, _, _ = make("slower")
    assets = {asset.key for asset in context.songs.assets["song-1"].values()}  # type: ignore[attr-defined]
    assert {revised.intent.key, getattr(revised.score, "key", "")} == assets


def test_a_note_is_read_for_the_song_that_it_is_about() -> None:
    context, intent, score = stored()
    revision = asyncio.run(read_for_a_song(context, NoteRequest(note="louder cowbell", intent=intent, score=score)))
    assert [one.fate for one in revision.changes] == ["not_done"]


def test_a_note_can_be_read_without_a_song() -> None:
    context, _, _ = stored()
    revision = asyncio.run(read_for_a_song(context, NoteRequest(note="louder cowbell")))
    assert [one.fate for one in revision.changes] == ["exact"]
