"""Intent → Composition: several scores, or pieces of generated audio, compete; the best goes on."""

from __future__ import annotations

from collections.abc import Iterable

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from aurax.adapters.temporal import calls
    from aurax.adapters.temporal.neural_payloads import GenerationOrder
    from aurax.adapters.temporal.payloads import Candidate, CandidateRequest, Composition, CompositionRequest
    from aurax.adapters.temporal.together import together
    from aurax.produce.policy import candidate_seed


@workflow.defn
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
    return await together(
        calls.compose_candidate(
            CandidateRequest(
                song_id=request.song_id,
                intent=request.intent,
                take_number=request.take.number,
                index=index,
                seed=candidate_seed(request.take.seed, index),
            )
        )
        for index in indices
    )


async def _generate(request: CompositionRequest, indices: range) -> list[Candidate]:
    """All in one activity: engines decode candidates together, or spread them over several GPUs themselves."""
    assert request.engines is not None
    generated = await calls.generate_candidates(
        GenerationOrder(
            song_id=request.song_id,
            intent=request.intent,
            take_number=request.take.number,
            engines=request.engines,
            first_index=indices.start,
            seeds=tuple(candidate_seed(request.take.seed, index) for index in indices),
        )
    )
    return list(generated.candidates)


def best_candidate(candidates: Iterable[Candidate]) -> Candidate:
    """The candidate that passed, else the one of the most points; the first among equals."""
    return max(candidates, key=lambda one: (one.passed, one.points, -one.index))
