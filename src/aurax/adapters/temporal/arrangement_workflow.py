"""Composition → Arrangement: every track is rendered, in parallel."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from aurax.adapters.temporal import calls
    from aurax.adapters.temporal.payloads import Arrangement, ArrangementRequest, TrackRequest
    from aurax.adapters.temporal.together import together


@workflow.defn
class ArrangementWorkflow:
    """Renders each track by an activity of its own, so that a failure repeats one track and not all."""

    @workflow.run
    async def run(self, request: ArrangementRequest) -> Arrangement:
        """Render all tracks; how many at once is up to the worker."""
        candidate = request.composition.candidate
        tracks = await together(
            calls.render_track(
                TrackRequest(
                    song_id=request.song_id,
                    take_number=request.take_number,
                    score=candidate.score,
                    track=track,
                )
            )
            for track in candidate.tracks
        )
        return Arrangement(tracks=tuple(tracks))
