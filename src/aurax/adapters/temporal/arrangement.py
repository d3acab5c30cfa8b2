"""Composition → Arrangement: notes are played track by track; generated audio is taken apart and arranged."""

from __future__ import annotations

from temporalio import activity, workflow
from temporalio.common import VersioningBehavior

with workflow.unsafe.imports_passed_through():
    from aurax.adapters.temporal.calls import FOREIGN_HISTORY, call, stage_policy
    from aurax.adapters.temporal.gather import gather, gather_two
    from aurax.adapters.temporal.payloads import Arrangement, ArrangementRequest
    from aurax.audio.reference import ObjectRef
    from aurax.services.arrange_stems import Arranged, ArrangeRequest, arrange_stems
    from aurax.services.context import WorkerContext
    from aurax.services.generate_layer import Layered, LayerRequest, generate_layer
    from aurax.services.render_track import RenderedTrack, TrackRequest, render_track
    from aurax.services.separate_stems import Separated, SeparateRequest, separate_stems
    from aurax.services.task import EngineChoice


class ArrangementActivities:
    """Stems of a take.

    Args:
        context: what the use cases work with.
    """

    def __init__(self, context: WorkerContext) -> None:
        self._context = context

    @activity.defn
    async def render_track(self, request: TrackRequest) -> RenderedTrack:
        """Render one track into cached clips and store where they are placed."""
        return await render_track(self._context, request)

    @activity.defn
    async def separate_stems(self, request: SeparateRequest) -> Separated:
        """Take generated audio apart and store the stems."""
        return await separate_stems(self._context, request)

    @activity.defn
    async def arrange_stems(self, request: ArrangeRequest) -> Arranged:
        """Arrange separated audio into a song, and write down what was heard in it."""
        return await arrange_stems(self._context, request)

    @activity.defn
    async def generate_layer(self, request: LayerRequest) -> Layered:
        """Generate a layer along a score, fit it to the grid and store both."""
        return await generate_layer(self._context, request)


@workflow.defn(versioning_behavior=VersioningBehavior.PINNED, failure_exception_types=FOREIGN_HISTORY)
class ArrangementWorkflow:
    """Brings a composition to stems. Each piece of work is an activity of its own, so a failure repeats only that."""

    @workflow.run
    async def run(self, request: ArrangementRequest) -> Arrangement:
        """Make all tracks; how many at once is up to the worker."""
        engines = request.engines
        if engines is None:
            return Arrangement(tracks=await _render(request))
        assert request.intent is not None
        if engines.mode == "neural":
            return await _arrange(request, engines, request.intent)
        return await _render_with_layer(request, engines, request.intent)


async def _render(request: ArrangementRequest) -> tuple[RenderedTrack, ...]:
    candidate = request.composition.candidate
    assert candidate.score is not None
    tracks = await gather(
        call(
            ArrangementActivities.render_track,
            TrackRequest(song_id=request.song_id, take_number=request.take_number, score=candidate.score, track=track),
            stage_policy("render"),
        )
        for track in candidate.tracks
    )
    return tuple(tracks)


async def _arrange(request: ArrangementRequest, engines: EngineChoice, intent: ObjectRef) -> Arrangement:
    candidate = request.composition.candidate
    assert candidate.audio is not None
    separated = await call(
        ArrangementActivities.separate_stems,
        SeparateRequest(
            song_id=request.song_id, take_number=request.take_number, engines=engines, audio=candidate.audio
        ),
        stage_policy("separate"),
    )
    arranged = await call(
        ArrangementActivities.arrange_stems,
        ArrangeRequest(
            song_id=request.song_id,
            take_number=request.take_number,
            engines=engines,
            intent=intent,
            seed=candidate.seed,
            audio=candidate.audio,
            separator=separated.separator,
            stems=separated.stems,
        ),
        stage_policy("arrange"),
    )
    return Arrangement(tracks=arranged.tracks, score=arranged.score, work=(separated.work, arranged.work))


async def _render_with_layer(request: ArrangementRequest, engines: EngineChoice, intent: ObjectRef) -> Arrangement:
    """The layer follows the notes, not their sound, so both are made at once."""
    candidate = request.composition.candidate
    assert candidate.score is not None
    layering = call(
        ArrangementActivities.generate_layer,
        LayerRequest(
            song_id=request.song_id,
            take_number=request.take_number,
            engines=engines,
            intent=intent,
            score=candidate.score,
            seed=candidate.seed,
        ),
        stage_policy("generate"),
    )
    layered, tracks = await gather_two(layering, _render(request))
    layers = () if layered.track is None else (layered.track,)
    return Arrangement(tracks=(*tracks, *layers), score=layered.score, work=(layered.work,))
