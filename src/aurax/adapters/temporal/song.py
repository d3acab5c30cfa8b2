"""SongTask → Song: takes until one is good enough, then the delivery."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from temporalio import activity, workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from aurax.adapters.temporal.arrangement import ArrangementWorkflow
    from aurax.adapters.temporal.calls import CLEANUP, INSPECTION, QUICK, answered, call, stage_policy
    from aurax.adapters.temporal.composition import CompositionWorkflow
    from aurax.adapters.temporal.errors import DAMAGED, failure_type, from_failure
    from aurax.adapters.temporal.mixing import MixingWorkflow
    from aurax.adapters.temporal.payloads import (
        Arrangement,
        ArrangementRequest,
        Composition,
        CompositionRequest,
        MixingRequest,
        MixingResult,
    )
    from aurax.audio.reference import ObjectRef
    from aurax.produce.policy import Bounds, best_take, decide
    from aurax.produce.take import TakeResult, TakeSettings
    from aurax.services.context import WorkerContext
    from aurax.services.deliver_song import deliver_song
    from aurax.services.discard import EndRequest, end_song
    from aurax.services.find_damage import Damage, DamageRequest, find_damage
    from aurax.services.keep_intent import Analysis, keep_intent
    from aurax.services.mix_stems import Mixed, MixRequest
    from aurax.services.payload import Work
    from aurax.services.song import Song
    from aurax.services.song_files import DeliveryRequest
    from aurax.services.task import SongTask


_NO_MORE_MONEY = frozenset({"BudgetExceeded", "QuotaExceeded"})
_REPAIRS = 3
"""How often one step is tried again after damage to what it reads was made good."""


class SongActivities:
    """The beginning and the end of a song.

    Args:
        context: what the use cases work with.
    """

    def __init__(self, context: WorkerContext) -> None:
        self._context = context

    @activity.defn
    async def analyze(self, task: SongTask) -> Analysis:
        """Record the song and store its intent."""
        return await keep_intent(self._context, task)

    @activity.defn
    async def find_damage(self, request: DamageRequest) -> Damage:
        """Look at stored objects for some that must be made again."""
        info = activity.info()
        return await find_damage(self._context, request, once=f"{info.workflow_id}/{info.activity_id}")

    @activity.defn
    async def deliver_song(self, request: DeliveryRequest) -> Song:
        """Write the files of the accepted take."""
        return await deliver_song(self._context, request)

    @activity.defn
    async def end_song(self, request: EndRequest) -> None:
        """Record that a song will not be delivered, and delete what was stored for it."""
        await end_song(self._context, request)


@dataclass(frozen=True)
class _Layers:
    """What a take has so far; None where it is still to be made."""

    composed_as: TakeSettings
    """The take whose notes these are; it says how to make them again."""
    composition: Composition | None = None
    arrangement: Arrangement | None = None
    mixed: Mixed | None = None


@dataclass(frozen=True)
class _Take:
    """What a finished take may lend to the next one."""

    settings: TakeSettings
    """With the mix as it was used in the end."""
    composed_as: TakeSettings
    composition: Composition
    arrangement: Arrangement
    mixing: MixingResult

    @property
    def layers(self) -> _Layers:
        """The take as something that may have to be made again in part."""
        return _Layers(self.composed_as, self.composition, self.arrangement, self.mixing.mixed)

    @property
    def score(self) -> ObjectRef:
        """The score that the take follows."""
        return score_of(self.composition, self.arrangement)


@workflow.defn
class SongWorkflow:
    """Produces one song. Whatever happens, the song ends as delivered, failed or cancelled, without orphan objects."""

    @workflow.init
    def __init__(self, task: SongTask) -> None:
        self._task = task
        self._work: list[Work] = []
        self._repairs = 0

    @workflow.run
    async def run(self, task: SongTask) -> Song:
        """Make takes and deliver the best."""
        try:
            return await self._produce()
        except (FailureError, asyncio.CancelledError) as error:
            if is_cancelled_exception(error):
                ending = EndRequest(song_id=task.song_id, status="cancelled")
            else:
                cause = from_failure(error)
                ending = EndRequest(
                    song_id=task.song_id, status="failed", error=type(cause).__name__, message=str(cause)[:2000]
                )
            if not task.repair:  # a song that was delivered before keeps what is left of it
                await asyncio.shield(asyncio.ensure_future(call(SongActivities.end_song, ending, CLEANUP)))
            raise

    async def _produce(self) -> Song:
        request = self._task.request
        analysis = await call(SongActivities.analyze, self._task, QUICK)
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
            results.append(TakeResult(settings=take.settings, verdict=take.mixing.verdict))
            decision = decide(results, bounds)
            if decision.next is None:
                break
            settings = decision.next
        return await self._deliver(analysis, made, results)

    async def _deliver(self, analysis: Analysis, made: dict[int, _Take], results: list[TakeResult]) -> Song:
        accepted = best_take(results).settings.number
        repairs = _REPAIRS
        while True:
            chosen = made[accepted]
            request = DeliveryRequest(
                song_id=self._task.song_id,
                request=self._task.request,
                intent=analysis.intent,
                takes=tuple(results),
                accepted=accepted,
                score=chosen.score,
                mixed=chosen.mixing.mixed,
                mastered=chosen.mixing.mastered,
                started_at=workflow.info().start_time,
                work=tuple(self._work),
            )
            try:
                return await call(SongActivities.deliver_song, request, stage_policy("deliver"))
            except FailureError as error:
                if failure_type(error) != DAMAGED or not repairs:
                    raise
            repairs -= 1
            layers = await self._sound_layers(analysis, chosen.layers)
            made[accepted] = await self._make_from(analysis, chosen.settings, layers)

    async def _make(self, analysis: Analysis, settings: TakeSettings, parent: _Take | None) -> _Take:
        """Make one take; of its parent it keeps every layer before the one that is redone."""
        layers = _Layers(composed_as=settings)
        if parent is not None and settings.redo_layer in ("mix", "master"):
            layers = parent.layers if settings.redo_layer == "master" else replace(parent.layers, mixed=None)
        return await self._make_from(analysis, settings, layers)

    async def _make_from(self, analysis: Analysis, settings: TakeSettings, layers: _Layers) -> _Take:
        """Make what a take has not yet; where stored objects are damaged, make those again and continue."""
        repairs = _REPAIRS
        while True:
            try:
                composition = layers.composition or await self._compose(analysis, layers.composed_as)
                layers = replace(layers, composition=composition)
                arrangement = layers.arrangement or await self._arrange(analysis, layers.composed_as, composition)
                layers = replace(layers, arrangement=arrangement)
                mixing = await self._mix(analysis, settings, composition, arrangement, layers.mixed)
            except FailureError as error:
                if failure_type(error) != DAMAGED or not repairs:
                    raise
            else:
                used = settings.model_copy(update={"mix": mixing.settings})
                return _Take(used, layers.composed_as, composition, arrangement, mixing)
            repairs -= 1
            layers = await self._sound_layers(analysis, layers)

    async def _sound_layers(self, analysis: Analysis, layers: _Layers) -> _Layers:
        """The layers without those of which a stored object is damaged, and without all that follow from them.

        Made again with the same seeds they are the same to the bit, and replace the damaged ones.
        """
        self._repairs += 1
        composed, arrangement, mixed = layers.composition, layers.arrangement, layers.mixed
        candidate = composed.candidate if composed is not None else None
        notes = tuple(ref for ref in (candidate.score, candidate.audio) if ref is not None) if candidate else ()
        heard = (arrangement.score,) if arrangement is not None and arrangement.score is not None else ()
        raw = tuple(track.stem for track in arrangement.tracks) if arrangement is not None else ()
        sums = (mixed.mix, *(stem.audio for stem in mixed.stems)) if mixed is not None else ()
        stored = (analysis.intent, *notes, *heard, *sums)
        request = DamageRequest(song_id=self._task.song_id, objects=stored, stems=raw)
        damage = await call(SongActivities.find_damage, request, INSPECTION)
        if analysis.intent.key in damage.keys:
            await call(SongActivities.analyze, self._task, QUICK)
        if damage.keys.intersection(ref.key for ref in notes):
            composed = None
        if composed is None or damage.keys.intersection(ref.key for ref in (*heard, *raw)):
            arrangement = None
        if arrangement is None or damage.keys.intersection(ref.key for ref in sums):
            mixed = None
        return replace(layers, composition=composed, arrangement=arrangement, mixed=mixed)

    async def _mix(
        self,
        analysis: Analysis,
        settings: TakeSettings,
        composition: Composition,
        arrangement: Arrangement,
        mixed: Mixed | None,
    ) -> MixingResult:
        mixing = await workflow.execute_child_workflow(
            MixingWorkflow.run,
            MixingRequest(
                mix_request=MixRequest(
                    song_id=self._task.song_id,
                    intent=analysis.intent,
                    take=settings,
                    prompt=self._task.request.prompt,
                    seed=self._task.request.seed,
                    score=score_of(composition, arrangement),
                    stems=tuple(track.stem for track in arrangement.tracks),
                ),
                mixed=mixed,
            ),
            id=self._child_id("mix", settings),
        )
        self._work.extend(answered(mixing, MixingResult).work)
        return mixing

    async def _compose(self, analysis: Analysis, settings: TakeSettings) -> Composition:
        composition = await workflow.execute_child_workflow(
            CompositionWorkflow.run,
            CompositionRequest(
                song_id=self._task.song_id,
                intent=analysis.intent,
                take=settings,
                candidates=self._task.request.candidates,
                engines=self._task.engines,
            ),
            id=self._child_id("compose", settings),
        )
        self._work.extend(answered(composition, Composition).work)
        return composition

    async def _arrange(self, analysis: Analysis, settings: TakeSettings, composition: Composition) -> Arrangement:
        arrangement = await workflow.execute_child_workflow(
            ArrangementWorkflow.run,
            ArrangementRequest(
                song_id=self._task.song_id,
                take_number=settings.number,
                composition=composition,
                intent=analysis.intent,
                seed=settings.seed,
                engines=self._task.engines,
            ),
            id=self._child_id("arrange", settings),
        )
        self._work.extend(track.work for track in answered(arrangement, Arrangement).tracks)
        self._work.extend(arrangement.work)
        return arrangement

    def _child_id(self, stage: str, settings: TakeSettings) -> str:
        again = f"/again-{self._repairs}" if self._repairs else ""
        return f"{workflow.info().workflow_id}/take-{settings.number}/{stage}{again}"


def score_of(composition: Composition, arrangement: Arrangement) -> ObjectRef:
    """The score that a take follows: the arrangement's, where that made or changed one."""
    score = arrangement.score or composition.candidate.score
    assert score is not None
    return score
