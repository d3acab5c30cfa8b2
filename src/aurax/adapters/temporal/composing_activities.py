"""The activities from the prompt to the stems: reading, composing, rendering."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError

from temporalio import activity

from aurax.adapters.temporal.asset_book import AssetBook
from aurax.adapters.temporal.assets import take_prefix
from aurax.adapters.temporal.payloads import (
    Analysis,
    Candidate,
    CandidateRequest,
    RenderedTrack,
    TrackRequest,
)
from aurax.adapters.temporal.story import Story
from aurax.adapters.temporal.studio import Studio
from aurax.adapters.temporal.threads import in_thread
from aurax.adapters.temporal.timing import Stopwatch
from aurax.audio.reference import ObjectRef
from aurax.compose.composer import make_plan, make_score
from aurax.errors import RenderFailed, UnknownPlugin
from aurax.intent.intent import Intent
from aurax.judge.criterion import Evidence
from aurax.judge.judge import judge
from aurax.render.stem import ClipStem
from aurax.score.score import Score
from aurax.services.task import SongTask
from aurax.services.understand import understand


class ComposingActivities:
    """Prompt → Intent → Score → stems.

    Args:
        studio: what to work with.
    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    @activity.defn
    async def analyze(self, task: SongTask) -> Analysis:
        """Store what was understood of the prompt when the song was asked for."""
        watch = Stopwatch("intent")
        studio = self._studio
        stored, song_id = task.stored(), task.song_id
        await studio.songs.create_song(song_id, task.request.prompt, task.request.seed, request=stored, options=stored)
        story = Story(studio.events, song_id)
        await story.started("intent")
        book = AssetBook(studio.songs, song_id)
        intent, ref = await in_thread(lambda _cancelled: self._keep_intent(task, book))
        await studio.songs.set_song_status(
            song_id, "making", title=intent.title, style=intent.style, duration_s=intent.duration_s
        )
        work = watch.stop()
        await story.finished(work, intent.style, title=intent.title, assumptions=intent.assumptions)
        return Analysis(
            intent=ref,
            title=intent.title,
            style=intent.style,
            required_criteria=studio.required_criteria,
            work=work,
        )

    def _keep_intent(self, task: SongTask, book: AssetBook) -> tuple[Intent, ObjectRef]:
        intent = task.intent if task.intent is not None else understand(task.request)
        return intent, self._studio.put_intent(intent, book.note("intent"))

    @activity.defn
    async def compose_candidate(self, request: CandidateRequest) -> Candidate:
        """Compose one score and judge its notes."""
        studio = self._studio
        story = Story(studio.events, request.song_id, request.take_number)
        await story.started("compose")
        book = AssetBook(studio.songs, request.song_id, take_prefix(request.take_number))
        candidate = await in_thread(lambda _cancelled: self._compose(request, book))
        await story.progress(
            "compose",
            f"candidate {request.index}",
            candidate=request.index,
            passed=candidate.passed,
            points=candidate.points,
            failures=candidate.failures,
            detail=f"{candidate.points:.0f} points",
        )
        return candidate

    def _compose(self, request: CandidateRequest, book: AssetBook) -> Candidate:
        watch = Stopwatch("compose")
        studio = self._studio
        intent = studio.intent(request.intent)
        try:
            style = studio.styles[intent.style]
        except KeyError:
            raise UnknownPlugin(
                f"a style among {', '.join(studio.styles)}", repr(intent.style), "install it or choose another"
            ) from None
        plan = make_plan(intent, style, studio.instrument_infos, request.seed)
        score = make_score(plan, style, studio.instrument_infos)
        # Most instruments are the same in every candidate: the render processes compile while others are composed.
        studio.pool.prepare(track.instrument for track in score.tracks)
        verdict = judge(Evidence(intent=intent, score=score, stems={}), studio.criteria)
        return Candidate(
            index=request.index,
            seed=request.seed,
            score=studio.put_score(score, book.note(f"score {request.index}")),
            tracks=tuple(track.name for track in score.tracks),
            passed=verdict.is_acceptable,
            points=verdict.score,
            failures=tuple(check.name for check in verdict.failures),
            work=watch.stop(),
        )

    @activity.defn
    async def render_track(self, request: TrackRequest) -> RenderedTrack:
        """Render one track into cached clips and store where they go."""
        watch = Stopwatch("render")
        studio = self._studio
        story = Story(studio.events, request.song_id, request.take_number)
        await story.finished_when("compose", 1)
        await story.started("render")
        book = AssetBook(studio.songs, request.song_id, take_prefix(request.take_number))
        ref, tracks = await in_thread(lambda cancelled: self._render(request, book, cancelled))
        await story.progress("render", request.track, stem=request.track, of=tracks, detail=request.track)
        await story.finished_when("render", tracks, f"{tracks} stems")
        return RenderedTrack(track=request.track, stem=ref, work=watch.stop())

    def _render(self, request: TrackRequest, book: AssetBook, cancelled: threading.Event) -> tuple[ObjectRef, int]:
        studio = self._studio
        score = studio.score(request.score)
        stem = render(studio, score, request.track, cancelled)
        manifest = stem.model_dump_json().encode()
        ref = studio.objects.put_bytes(manifest, announce=book.note(f"clips/{request.track}"))
        return ref, len(score.tracks)


def render(studio: Studio, score: Score, track: str, cancelled: threading.Event) -> ClipStem:
    """Render one track.

    Raises:
        RenderFailed: the render processes were stopped; a retry may find new ones.
    """
    try:
        return studio.pool.render_track(score.track(track), score, cancelled=cancelled)
    except CancelledError as error:
        if cancelled.is_set():
            raise
        raise RenderFailed("running render processes", "they were stopped", "try again") from error
