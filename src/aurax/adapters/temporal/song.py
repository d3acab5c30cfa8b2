"""SongTask → Song: takes until one is good enough, then the delivery."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Literal, overload

from temporalio import activity, workflow
from temporalio.common import VersioningBehavior
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from aurax.adapters.temporal.arrangement import ArrangementWorkflow
    from aurax.adapters.temporal.calls import CLEANUP, FOREIGN_HISTORY, INSPECTION, QUICK, answered, call, stage_policy
    from aurax.adapters.temporal.composition import CompositionWorkflow
    from aurax.adapters.temporal.errors import DAMAGED, failure_type, from_failure
    from aurax.adapters.temporal.layers import Layers, Take, layers_from, next_layers, score_of
    from aurax.adapters.temporal.mixing import MixingWorkflow
    from aurax.adapters.temporal.payloads import (
        Arrangement,
        ArrangementRequest,
        Composition,
        CompositionRequest,
        MixingRequest,
        MixingResult,
    )
    from aurax.adapters.temporal.sagas import compensate
    from aurax.adapters.temporal.search import note_status
    from aurax.intent.revision import Revision
    from aurax.produce.policy import Bounds, best_take, decide
    from aurax.produce.saga import WHOLE_SONG, Compensation, Saga
    from aurax.produce.take import TakeResult, TakeSettings
    from aurax.services.asset_registry import take_prefix
    from aurax.services.context import WorkerContext
    from aurax.services.deliver_song import deliver_song
    from aurax.services.discard import EndRequest, end_song
    from aurax.services.find_damage import Damage, DamageRequest, find_damage
    from aurax.services.keep_intent import Analysis, keep_intent
    from aurax.services.mix_stems import Mixed, MixRequest
    from aurax.services.payload import Work
    from aurax.services.revise import Revised, ReviseRequest, revise
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
    async def revise(self, request: ReviseRequest) -> Revised:
        """Carry notes out on what is there of a song."""
        return await revise(self._context, request)

    @activity.defn
    async def deliver_song(self, request: DeliveryRequest) -> Song:
        """Write the files of the accepted take."""
        return await deliver_song(self._context, request)

    @activity.defn
    async def end_song(self, request: EndRequest) -> None:
        """Record that a song will not be delivered, and delete what was stored for it."""
        await end_song(self._context, request)


@workflow.defn(versioning_behavior=VersioningBehavior.PINNED, failure_exception_types=FOREIGN_HISTORY)
class SongWorkflow:
    """Produces one song. Whatever happens, the song ends as delivered, failed or cancelled, without orphan objects."""

    @workflow.init
    def __init__(self, task: SongTask) -> None:
        self._task = task
        self._work: list[Work] = []
        self._repairs = 0
        self._saga = Saga()
        self._waiting: list[Revision] = list(task.revisions)
        self._taken_up: tuple[Revision, ...] = ()
        self._done_before = 0
        self._last_number = 0
        self._keeps_notes = task.base is not None

    @workflow.signal
    def take_note(self, revision: Revision) -> None:
        """Take a note up at the next safe point; what comes when delivery has begun is left to a next version."""
        self._waiting.append(revision)

    @workflow.run
    async def run(self, task: SongTask) -> Song:
        """Make takes and deliver the best."""
        try:
            song = await self._produce()
        except (FailureError, asyncio.CancelledError) as error:
            if is_cancelled_exception(error):
                ending = EndRequest(song_id=task.song_id, status="cancelled")
            else:
                cause = from_failure(error)
                ending = EndRequest(
                    song_id=task.song_id, status="failed", error=type(cause).__name__, message=str(cause)[:2000]
                )
            if not task.repair:  # a song that was delivered before keeps what is left of it
                await compensate(self._saga, lambda one: self._take_away(one, ending))
            note_status(ending.status)
            raise
        note_status("delivered")
        return song

    async def _take_away(self, one: Compensation, ending: EndRequest) -> None:
        """Everything of the song goes when it ends; no step leaves anything that this does not cover."""
        assert one.prefix == WHOLE_SONG
        await call(SongActivities.end_song, ending, CLEANUP, even_cancelled=True)

    async def _produce(self) -> Song:
        request = self._task.request
        self._saga = self._saga.begun("record the song", WHOLE_SONG)
        analysis = await call(SongActivities.analyze, self._task, QUICK)
        self._analysis = analysis
        self._work.append(analysis.work)
        bounds = Bounds(max_takes=request.takes, required=analysis.required_criteria)
        settings = TakeSettings(number=1, seed=request.seed)
        layers = Layers(composed_as=settings, composed_for=analysis.intent)
        if analysis.base is not None:
            layers = layers_from(analysis.base)
            settings = analysis.base.settings.model_copy(
                update={"number": 0, "parent": None, "redo_layer": None, "reason": "the version before"}
            )
        elif self._task.base is not None:
            # The version before is gone; what led to it is done again, on the notes that it began with.
            self._waiting[:0] = self._task.earlier
            self._done_before = len(self._task.earlier)
            layers = replace(layers, composition=await self._compose(layers))
        made: dict[int, Take] = {}
        results: list[TakeResult] = []
        while True:
            try:
                take = await self._make(settings, layers)
            except FailureError as error:
                if not results or failure_type(error) not in _NO_MORE_MONEY:
                    raise
                break  # what was made so far can still be delivered
            made[take.settings.number] = take
            results.append(TakeResult(settings=take.settings, verdict=take.mixing.verdict))
            decision = decide(results, bounds)
            if self._waiting:  # the latest take is what was heard of; it is the one that notes are about
                settings, layers = take.settings, take.layers
                continue
            if decision.next is None or self._keeps_notes:
                break
            settings = decision.next
            layers = next_layers(settings, made.get(settings.parent or 0), self._analysis.intent)
        return await self._deliver(made, results)

    async def _deliver(self, made: dict[int, Take], results: list[TakeResult]) -> Song:
        # Earlier takes do without the notes that came since, however well they were judged.
        accepted = results[-1].settings.number if self._taken_up else best_take(results).settings.number
        repairs = _REPAIRS
        while True:
            chosen, intent = made[accepted], self._analysis.intent
            request = DeliveryRequest(
                song_id=self._task.song_id,
                request=self._task.request,
                intent=intent,
                takes=tuple(results),
                accepted=accepted,
                score=chosen.score,
                mixed=chosen.mixing.mixed,
                mastered=chosen.mixing.mastered,
                started_at=workflow.info().start_time,
                work=tuple(self._work),
                revisions=self._taken_up,
                layers=chosen.kept(intent) if self._task.keep_layers else None,
            )
            try:
                return await call(SongActivities.deliver_song, request, stage_policy("deliver"), even_cancelled=True)
            except FailureError as error:
                if failure_type(error) != DAMAGED or not repairs:
                    raise
            repairs -= 1
            layers = await self._sound_layers(chosen.layers)
            made[accepted] = await self._make_from(chosen.settings, layers)

    async def _make(self, settings: TakeSettings, layers: Layers) -> Take:
        """Make one take; notes that come meanwhile are taken up between its stages."""
        while True:
            if self._waiting:
                settings, layers = await self._take_up(settings, layers)
            self._last_number = max(self._last_number, settings.number)
            take = await self._make_from(settings, layers, stop_for_notes=True)
            if isinstance(take, Take):
                return take
            layers = take

    async def _take_up(self, settings: TakeSettings, layers: Layers) -> tuple[TakeSettings, Layers]:
        """Carry out the notes that wait; what they do not touch stays."""
        notes, self._waiting = tuple(self._waiting), []
        # Another take, so that what is stored from here on has names of its own.
        number = settings.number if layers.composition is None and settings.number else self._last_number + 1
        request = ReviseRequest(
            song_id=self._task.song_id,
            take_number=number,
            revisions=notes,
            intent=self._analysis.intent,
            score=layers.score,
            mix=settings.mix,
            seed=settings.seed,
            generated=layers.composition is not None and layers.composition.candidate.audio is not None,
        )
        revised = await call(SongActivities.revise, request, INSPECTION)
        self._taken_up = (*self._taken_up, *revised.revisions[self._done_before :])
        self._done_before = 0
        self._analysis = self._analysis.model_copy(update={"intent": revised.intent})
        words = "; ".join(note.note for note in notes)
        settings = TakeSettings(
            number=number, seed=revised.seed, mix=revised.mix, redo_layer=revised.layer, reason=f"note: {words}"[:500]
        )
        if revised.layer not in ("score", "mix", "master") or layers.composition is None:
            self._keeps_notes = False
            return settings, Layers(composed_as=settings, composed_for=revised.intent)
        self._keeps_notes = True
        if revised.layer == "score":
            candidate = layers.composition.candidate.model_copy(
                update={"score": revised.score, "tracks": revised.tracks}
            )
            composition = layers.composition.model_copy(update={"candidate": candidate})
            edits = (*layers.edits, request)
            return settings, replace(layers, edits=edits, composition=composition, arrangement=None, mixed=None)
        return settings, layers if revised.layer == "master" else replace(layers, mixed=None)

    @overload
    async def _make_from(self, settings: TakeSettings, layers: Layers) -> Take: ...

    @overload
    async def _make_from(
        self, settings: TakeSettings, layers: Layers, *, stop_for_notes: Literal[True]
    ) -> Take | Layers: ...

    async def _make_from(
        self, settings: TakeSettings, layers: Layers, *, stop_for_notes: bool = False
    ) -> Take | Layers:
        """Make what a take has not yet; where stored objects are damaged, make those again and continue.

        Returns:
            The take; with `stop_for_notes` what there is of it, as soon as a note waits.
        """
        repairs = _REPAIRS
        while True:
            try:
                composition = layers.composition or await self._compose(layers)
                layers = replace(layers, composition=composition)
                if stop_for_notes and self._waiting:
                    return layers
                arrangement = layers.arrangement or await self._arrange(settings, layers.composed_as, composition)
                layers = replace(layers, arrangement=arrangement)
                if stop_for_notes and self._waiting:
                    return layers
                mixing = await self._mix(settings, composition, arrangement, layers.mixed)
            except FailureError as error:
                if failure_type(error) != DAMAGED or not repairs:
                    raise
            else:
                used = settings.model_copy(update={"mix": mixing.settings})
                return Take(
                    used, layers.composed_as, layers.composed_for, layers.edits, composition, arrangement, mixing
                )
            repairs -= 1
            layers = await self._sound_layers(layers)

    async def _sound_layers(self, layers: Layers) -> Layers:
        """The layers without those of which a stored object is damaged, and without all that follow from them.

        Made again with the same seeds they are the same to the bit, and replace the damaged ones.
        """
        self._repairs += 1
        intent = self._analysis.intent
        composed, arrangement, mixed = layers.composition, layers.arrangement, layers.mixed
        candidate = composed.candidate if composed is not None else None
        notes = tuple(ref for ref in (candidate.score, candidate.audio) if ref is not None) if candidate else ()
        heard = (arrangement.score,) if arrangement is not None and arrangement.score is not None else ()
        raw = tuple(track.stem for track in arrangement.tracks) if arrangement is not None else ()
        sums = (mixed.mix, *(stem.audio for stem in mixed.stems)) if mixed is not None else ()
        stored = (intent, *notes, *heard, *sums)
        request = DamageRequest(song_id=self._task.song_id, objects=stored, stems=raw)
        damage = await call(SongActivities.find_damage, request, INSPECTION)
        if intent.key in damage.keys and not self._taken_up:
            await call(SongActivities.analyze, self._task, QUICK)
        if damage.keys.intersection(ref.key for ref in notes):
            if layers.edits:
                await self._edit_again(layers)
            else:
                composed = None
        if composed is None or damage.keys.intersection(ref.key for ref in (*heard, *raw)):
            arrangement = None
        if arrangement is None or damage.keys.intersection(ref.key for ref in sums):
            mixed = None
        return replace(layers, composition=composed, arrangement=arrangement, mixed=mixed)

    async def _edit_again(self, layers: Layers) -> None:
        """Compose notes again and do to them what was done; the objects of each step come back as they were."""
        await self._compose(replace(layers, edits=()))
        for edit in layers.edits:
            again = edit.model_copy(update={"song_id": self._task.song_id})
            await call(SongActivities.revise, again, INSPECTION)

    async def _mix(
        self,
        settings: TakeSettings,
        composition: Composition,
        arrangement: Arrangement,
        mixed: Mixed | None,
    ) -> MixingResult:
        self._saga = self._saga.begun(f"take {settings.number}: mix", take_prefix(settings.number))
        mixing = await workflow.execute_child_workflow(
            MixingWorkflow.run,
            MixingRequest(
                mix_request=MixRequest(
                    song_id=self._task.song_id,
                    intent=self._analysis.intent,
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

    async def _compose(self, layers: Layers) -> Composition:
        settings = layers.composed_as
        self._saga = self._saga.begun(f"take {settings.number}: compose", take_prefix(settings.number))
        composition = await workflow.execute_child_workflow(
            CompositionWorkflow.run,
            CompositionRequest(
                song_id=self._task.song_id,
                intent=layers.composed_for,
                take=settings,
                candidates=self._task.request.candidates,
                engines=self._task.engines,
            ),
            id=self._child_id("compose", settings),
        )
        self._work.extend(answered(composition, Composition).work)
        return composition

    async def _arrange(
        self, settings: TakeSettings, composed_as: TakeSettings, composition: Composition
    ) -> Arrangement:
        # Tracks belong to the take that composed their notes, unless notes of a person changed them since.
        settings = settings if self._keeps_notes else composed_as
        self._saga = self._saga.begun(f"take {settings.number}: arrange", take_prefix(settings.number))
        arrangement = await workflow.execute_child_workflow(
            ArrangementWorkflow.run,
            ArrangementRequest(
                song_id=self._task.song_id,
                take_number=settings.number,
                composition=composition,
                intent=self._analysis.intent,
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
