"""The activities between generated audio and its stems: separation and arrangement."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError
from dataclasses import replace

from temporalio import activity

from aurax.adapters.temporal.asset_book import AssetBook
from aurax.adapters.temporal.assets import take_prefix
from aurax.adapters.temporal.engine_calls import EngineCalls, PaidCall, credited
from aurax.adapters.temporal.generating_activities import style_of
from aurax.adapters.temporal.neural_payloads import (
    Arranged,
    ArrangingOrder,
    Separated,
    SeparatedStem,
    SeparationOrder,
)
from aurax.adapters.temporal.payloads import RenderedTrack
from aurax.adapters.temporal.stems import AudioStem
from aurax.adapters.temporal.story import Story
from aurax.adapters.temporal.studio import Studio
from aurax.adapters.temporal.threads import in_thread
from aurax.adapters.temporal.timing import Stopwatch
from aurax.arrange.arranger import arrange
from aurax.engines.requests import SeparationRequest


class ArrangingActivities:
    """Generated audio → stems that follow a form.

    Args:
        studio: what to work with.
    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    @activity.defn
    async def separate_stems(self, order: SeparationOrder) -> Separated:
        """Take generated audio apart and store the stems."""
        story = Story(self._studio.events, order.song_id, order.take_number)
        await story.started("separate")
        book = AssetBook(self._studio.songs, order.song_id, take_prefix(order.take_number))
        calls = EngineCalls(self._studio)
        separated = await in_thread(lambda cancelled: self._separate(order, calls, book, cancelled))
        names = [stem.name for stem in separated.stems]
        await story.finished(separated.work, f"{len(names)} stems by {separated.separator}", stems=names)
        return separated

    def _separate(
        self, order: SeparationOrder, calls: EngineCalls, book: AssetBook, cancelled: threading.Event
    ) -> Separated:
        watch = Stopwatch("separate")
        objects = self._studio.objects
        separator = calls.separator(order.engines)
        request = SeparationRequest(objects.read_audio(order.audio))
        call = PaidCall(order.song_id, f"take {order.take_number}/separate", separator.name, request, order.engines)
        stems = calls.run(call, cancelled).audio
        return Separated(
            separator=separator.name,
            stems=tuple(
                SeparatedStem(name=name, audio=objects.put_audio(stem, announce=book.note(f"source {name}")))
                for name, stem in stems.items()
            ),
            work=watch.stop(),
        )

    @activity.defn
    async def arrange_stems(self, order: ArrangingOrder) -> Arranged:
        """Arrange separated audio into a song, and note what was heard in it as a score."""
        story = Story(self._studio.events, order.song_id, order.take_number)
        await story.started("arrange")
        book = AssetBook(self._studio.songs, order.song_id, take_prefix(order.take_number))
        arranged, detail = await in_thread(lambda cancelled: self._arrange(order, book, cancelled))
        await story.finished(arranged.work, detail)
        return arranged

    def _arrange(self, order: ArrangingOrder, book: AssetBook, cancelled: threading.Event) -> tuple[Arranged, str]:
        watch = Stopwatch("arrange")
        studio, objects = self._studio, self._studio.objects
        intent = studio.intent(order.intent)
        outcome = arrange(
            intent,
            style_of(studio, intent),
            objects.read_audio(order.audio),
            {stem.name: objects.read_audio(stem.audio) for stem in order.stems},
            seed=order.seed,
            engine=order.engines.engine,
        )
        if cancelled.is_set():
            raise CancelledError
        infos = (studio.runtime.info(name) for name in (order.engines.engine, order.separator))
        score = credited(replace(outcome.score, origin="transcribed"), *infos)
        tracks = []
        for track in score.tracks:
            audio = objects.put_audio(outcome.stems[track.name], announce=book.note(f"arranged {track.name}"))
            stem = AudioStem(track=track.name, audio=audio).model_dump_json().encode()
            ref = objects.put_bytes(stem, announce=book.note(f"stem {track.name}"))
            tracks.append(RenderedTrack(track=track.name, stem=ref, work=watch.stop()))
        arranged = Arranged(
            score=studio.put_score(score, book.note("score heard")), tracks=tuple(tracks), work=watch.stop()
        )
        plan = score.plan
        return arranged, f"{len(plan.sections)} sections, {plan.tempo_bpm:g} bpm, {plan.key}"
