"""SongRequest → Song: takes until one is good enough, then the delivery."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from aurax.adapters.temporal import calls
    from aurax.adapters.temporal.arrangement_workflow import ArrangementWorkflow
    from aurax.adapters.temporal.composition_workflow import CompositionWorkflow
    from aurax.adapters.temporal.errors import failure_type, from_failure
    from aurax.adapters.temporal.mixing_workflow import MixingWorkflow
    from aurax.adapters.temporal.payloads import (
        Analysis,
        Arrangement,
        ArrangementRequest,
        Composition,
        CompositionRequest,
        DeliveryRequest,
        Ending,
        MixingRequest,
        MixingResult,
        MixRequest,
        Song,
        SongRequest,
        Work,
    )
    from aurax.audio.reference import ObjectRef
    from aurax.produce.policy import Bounds, best_take, decide
    from aurax.produce.take import TakeResult, TakeSettings


_NO_MORE_MONEY = frozenset({"BudgetExceeded", "QuotaExceeded"})


@dataclass(frozen=True)
class _Take:
    """What a finished take may lend to the next one."""

    composition: Composition
    arrangement: Arrangement
    mixing: MixingResult

    @property
    def score(self) -> ObjectRef:
        """The score that the take follows."""
        return score_of(self.composition, self.arrangement)


@workflow.defn
class SongWorkflow:
    """Produces one song. Whatever happens, the song ends as delivered, failed or cancelled, without orphan objects."""

    @workflow.init
    def __init__(self, request: SongRequest) -> None:
        self._request = request
        self._work: list[Work] = []

    @workflow.run
    async def run(self, request: SongRequest) -> Song:
        """Make takes and deliver the best."""
        try:
            return await self._produce()
        except (FailureError, asyncio.CancelledError) as error:
            if is_cancelled_exception(error):
                ending = Ending(song_id=request.song_id, status="cancelled")
            else:
                cause = from_failure(error)
                ending = Ending(
                    song_id=request.song_id, status="failed", error=type(cause).__name__, message=str(cause)[:2000]
                )
            await asyncio.shield(asyncio.ensure_future(calls.end_song(ending)))
            raise

    async def _produce(self) -> Song:
        request = self._request
        analysis = await calls.analyze(request)
        self._work.append(analysis.work)
        bounds = Bounds(max_takes=request.takes, required=analysis.required_criteria)
        settings = TakeSettings(number=1, seed=request.seed)
        made: dict[int, _Take] = {}
        results: list[TakeResult] = []
        while True:
            try:
                take = await self._make(analysis, settings, made.get(settings.parent or 0))
            except FailureError as error:
                if not results or failure_type(error) not in _NO_MORE_MONEY:
                    raise
                break  # what was made so far can still be delivered
            made[settings.number] = take
            used = settings.model_copy(update={"mix": take.mixing.settings})
            results.append(TakeResult(settings=used, verdict=take.mixing.verdict))
            decision = decide(results, bounds)
            if decision.next is None:
                break
            settings = decision.next
        accepted = best_take(results).settings.number
        chosen = made[accepted]
        return await calls.deliver_song(
            DeliveryRequest(
                request=request,
                intent=analysis.intent,
                takes=tuple(results),
                accepted=accepted,
                score=chosen.score,
                mixed=chosen.mixing.mixed,
                mastered=chosen.mixing.mastered,
                started_at=workflow.info().start_time,
                work=tuple(self._work),
            )
        )

    async def _make(self, analysis: Analysis, settings: TakeSettings, parent: _Take | None) -> _Take:
        """Make one take; of its parent it keeps every layer before the one that is redone."""
        if parent is not None and settings.redo_layer in ("mix", "master"):
            composition, arrangement = parent.composition, parent.arrangement
        else:
            composition = await self._compose(analysis, settings)
            arrangement = await self._arrange(analysis, settings, composition)
        mixed = parent.mixing.mixed if parent is not None and settings.redo_layer == "master" else None
        mixing = await workflow.execute_child_workflow(
            MixingWorkflow.run,
            MixingRequest(
                mix_request=MixRequest(
                    song_id=self._request.song_id,
                    intent=analysis.intent,
                    take=settings,
                    prompt=self._request.prompt,
                    seed=self._request.seed,
                    score=score_of(composition, arrangement),
                    stems=tuple(track.stem for track in arrangement.tracks),
                ),
                mixed=mixed,
            ),
            id=self._child_id("mix", settings),
        )
        self._work.extend(mixing.work)
        return _Take(composition, arrangement, mixing)

    async def _compose(self, analysis: Analysis, settings: TakeSettings) -> Composition:
        composition = await workflow.execute_child_workflow(
            CompositionWorkflow.run,
            CompositionRequest(
                song_id=self._request.song_id,
                intent=analysis.intent,
                take=settings,
                candidates=self._request.candidates,
                engines=self._request.engines,
            ),
            id=self._child_id("compose", settings),
        )
        self._work.extend(composition.work)
        return composition

    async def _arrange(self, analysis: Analysis, settings: TakeSettings, composition: Composition) -> Arrangement:
        arrangement = await workflow.execute_child_workflow(
            ArrangementWorkflow.run,
            ArrangementRequest(
                song_id=self._request.song_id,
                take_number=settings.number,
                composition=composition,
                intent=analysis.intent,
                seed=settings.seed,
                engines=self._request.engines,
            ),
            id=self._child_id("arrange", settings),
        )
        self._work.extend(track.work for track in arrangement.tracks)
        self._work.extend(arrangement.work)
        return arrangement

    def _child_id(self, stage: str, settings: TakeSettings) -> str:
        return f"{workflow.info().workflow_id}/take-{settings.number}/{stage}"


def score_of(composition: Composition, arrangement: Arrangement) -> ObjectRef:
    """The score that a take follows: the arrangement's, where that made or changed one."""
    score = arrangement.score or composition.candidate.score
    assert score is not None
    return score
