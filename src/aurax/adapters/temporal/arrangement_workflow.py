"""Composition → Arrangement: notes are played track by track; generated audio is taken apart and arranged."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from aurax.adapters.temporal import calls
    from aurax.adapters.temporal.neural_payloads import ArrangingOrder, LayerOrder, SeparationOrder
    from aurax.adapters.temporal.payloads import (
        Arrangement,
        ArrangementRequest,
        RenderedTrack,
        TrackRequest,
    )
    from aurax.adapters.temporal.together import both, together
    from aurax.audio.reference import ObjectRef
    from aurax.services.task import EngineChoice


@workflow.defn
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
    tracks = await together(
        calls.render_track(
            TrackRequest(song_id=request.song_id, take_number=request.take_number, score=candidate.score, track=track)
        )
        for track in candidate.tracks
    )
    return tuple(tracks)


async def _arrange(request: ArrangementRequest, engines: EngineChoice, intent: ObjectRef) -> Arrangement:
    candidate = request.composition.candidate
    assert candidate.audio is not None
    separated = await calls.separate_stems(
        SeparationOrder(
            song_id=request.song_id, take_number=request.take_number, engines=engines, audio=candidate.audio
        )
    )
    arranged = await calls.arrange_stems(
        ArrangingOrder(
            song_id=request.song_id,
            take_number=request.take_number,
            engines=engines,
            intent=intent,
            seed=candidate.seed,
            audio=candidate.audio,
            separator=separated.separator,
            stems=separated.stems,
        )
    )
    return Arrangement(tracks=arranged.tracks, score=arranged.score, work=(separated.work, arranged.work))


async def _render_with_layer(request: ArrangementRequest, engines: EngineChoice, intent: ObjectRef) -> Arrangement:
    """The layer follows the notes, not their sound, so both are made at once."""
    candidate = request.composition.candidate
    assert candidate.score is not None
    layering = calls.generate_layer(
        LayerOrder(
            song_id=request.song_id,
            take_number=request.take_number,
            engines=engines,
            intent=intent,
            score=candidate.score,
            seed=candidate.seed,
        )
    )
    layered, tracks = await both(layering, _render(request))
    layers = () if layered.track is None else (layered.track,)
    return Arrangement(tracks=(*tracks, *layers), score=layered.score, work=(layered.work,))
