"""Intent → Composition: several scores, or pieces of generated audio, compete; the best goes on."""

from __future__ import annotations

from collections.abc import Iterable

from temporalio import activity, workflow
from temporalio.common import VersioningBehavior

with workflow.unsafe.imports_passed_through():
    from aurax.adapters.temporal.calls import FOREIGN_HISTORY, call, stage_policy
    from aurax.adapters.temporal.gather import gather
    from aurax.adapters.temporal.payloads import Composition, CompositionRequest
    from aurax.produce.policy import candidate_seed
    from aurax.services.compose_candidate import Candidate, CandidateRequest, compose_candidate
    from aurax.services.context import WorkerContext
    from aurax.services.generate_candidates import GeneratedCandidates, GenerateRequest, generate_candidates


class CompositionActivities:
    """Candidates of a take.

    Args:
        context: what the use cases work with.
    """

    def __init__(self, context: WorkerContext) -> None:
        self._context = context

    @activity.defn
    async def compose_candidate(self, request: CandidateRequest) -> Candidate:
        """Compose one score and judge its notes."""
        return await compose_candidate(self._context, request)

    @activity.defn
    async def generate_candidates(self, request: GenerateRequest) -> GeneratedCandidates:
        """Generate candidates together, listen to each and store them."""
        return await generate_candidates(self._context, request)


@workflow.defn(versioning_behavior=VersioningBehavior.PINNED, failure_exception_types=FOREIGN_HISTORY)
class CompositionWorkflow:
    """Composes candidates in parallel and chooses; starts again with other seeds if none passes, within bounds."""

    @workflow.run
    async def run(self, request: CompositionRequest) -> Composition:
        """Choose a score or a piece of audio.

        Args:
            request: what is wanted; when it starts again, it also carries the best of the earlier rounds.
        """
        first = request.round * request.candidates
        indices = range(first, first + request.candidates)
        candidates = await (_generate(request, indices) if _is_neural(request) else _compose(request, indices))
        best = best_candidate([*([request.best] if request.best else []), *candidates])
        work = (*request.work, *(candidate.work for candidate in candidates))
        if not best.passed and request.round + 1 < request.max_rounds:
            workflow.continue_as_new(
                request.model_copy(update={"round": request.round + 1, "best": best, "work": work})
            )
        return Composition(candidate=best, work=work)


def _is_neural(request: CompositionRequest) -> bool:
    return request.engines is not None and request.engines.mode == "neural"


async def _compose(request: CompositionRequest, indices: range) -> list[Candidate]:
    return await gather(
        call(
            CompositionActivities.compose_candidate,
            CandidateRequest(
                song_id=request.song_id,
                intent=request.intent,
                take_number=request.take.number,
                index=index,
                seed=candidate_seed(request.take.seed, index),
            ),
            stage_policy("compose"),
        )
        for index in indices
    )


async def _generate(request: CompositionRequest, indices: range) -> list[Candidate]:
    """All in one activity: engines decode candidates together, or spread them over several GPUs themselves."""
    assert request.engines is not None
    generated = await call(
        CompositionActivities.generate_candidates,
        GenerateRequest(
            song_id=request.song_id,
            intent=request.intent,
            take_number=request.take.number,
            engines=request.engines,
            first_index=indices.start,
            seeds=tuple(candidate_seed(request.take.seed, index) for index in indices),
        ),
        stage_policy("generate"),
    )
    return list(generated.candidates)


def best_candidate(candidates: Iterable[Candidate]) -> Candidate:
    """The candidate that passed, else the one of the most points; the first among equals."""
    return max(candidates, key=lambda one: (one.passed, one.points, -one.index))
