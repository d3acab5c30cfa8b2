"""Activities that record what they are asked for and answer at once; swapped in for the real ones by name."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fake_notes import KINDS, LAYER_OF
from temporalio import activity
from temporalio.exceptions import ApplicationError

from aurax.audio.reference import AudioRef, ObjectRef
from aurax.errors import AuraxError, DamagedObject
from aurax.intent.revision import Change, Revision
from aurax.judge.verdict import Check, Layer, PartVerdict, Verdict
from aurax.produce.stages import StageName
from aurax.services.arrange_stems import Arranged, ArrangeRequest
from aurax.services.compose_candidate import Candidate, CandidateRequest
from aurax.services.discard import DiscardRequest, EndRequest
from aurax.services.find_damage import Damage, DamageRequest
from aurax.services.generate_candidates import GeneratedCandidates, GenerateRequest
from aurax.services.generate_layer import Layered, LayerRequest
from aurax.services.judge_take import Judged, JudgeRequest
from aurax.services.keep_intent import Analysis
from aurax.services.master_mix import Mastered, MasterRequest
from aurax.services.mix_stems import Mixed, MixedStemRef, MixRequest
from aurax.services.payload import Work
from aurax.services.render_track import RenderedTrack, TrackRequest
from aurax.services.revise import NoteRequest, Revised, ReviseRequest
from aurax.services.separate_stems import Separated, SeparatedStem, SeparateRequest
from aurax.services.session import KeepRequest
from aurax.services.song import Deliverable, Song
from aurax.services.song_files import DeliveryRequest
from aurax.services.song_layers import SongLayers
from aurax.services.task import SongTask

TRACKS = ("kick", "bass", "chords")
SOURCES = ("drums", "bass", "other", "vocals")
LAYER = "neural layer"


def ref(name: str) -> ObjectRef:
    return ObjectRef(key=f"documents/{name}.json", sha256="0" * 64, bytes=1)


def audio(name: str) -> AudioRef:
    return AudioRef(key=f"audio/{name}.flac", sha256="0" * 64, bytes=1, sample_rate=48_000, channels=2, frames=48_000)


def work(stage: StageName) -> Work:
    return Work(stage=stage, start_s=1.0, end_s=2.0)


def failing(name: str, layer: Layer, measured: float = 3.0) -> Check:
    return Check(name=name, layer=layer, low=0.0, high=0.0, measured=measured, passed=False)


@dataclass
class FakeActivities:
    """Knobs first, then the record of what happened."""

    passing_candidates: Callable[[CandidateRequest], bool] = lambda request: True
    points: Callable[[CandidateRequest], float] = lambda request: 50.0
    failures: Callable[[JudgeRequest], tuple[Check, ...]] = lambda request: ()
    damage: dict[str, list[frozenset[str]]] = field(default_factory=dict)
    """Keys of objects that an activity finds damaged, one set a call, by the activity's name."""
    damaged: frozenset[str] = frozenset()
    """What an inspection finds."""
    inspections: list[DamageRequest] = field(default_factory=list)
    master_errors: list[AuraxError] = field(default_factory=list)
    render_errors: list[AuraxError] = field(default_factory=list)
    render_s: float = 0.0
    fail_after: asyncio.Event | None = None
    """What a failing track waits for."""
    passing_audio: Callable[[int], bool] = lambda index: True
    audio_points: Callable[[int], float] = lambda index: 50.0
    generation_errors: Callable[[GenerateRequest], AuraxError | None] = lambda order: None
    separation_errors: Callable[[SeparateRequest], AuraxError | None] = lambda order: None
    layer_errors: list[AuraxError] = field(default_factory=list)
    layer_fits: bool = True
    generation_s: float = 0.0
    calls: Counter[str] = field(default_factory=Counter)
    seeds: list[int] = field(default_factory=list)
    mixes: list[MixRequest] = field(default_factory=list)
    masters: list[MasterRequest] = field(default_factory=list)
    discarded: list[DiscardRequest] = field(default_factory=list)
    endings: list[EndRequest] = field(default_factory=list)
    delivered: list[DeliveryRequest] = field(default_factory=list)
    rendering: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled_renders: int = 0
    cancelled_render_error: AuraxError | None = None
    """How a cancelled track ends instead of as cancelled."""
    generations: list[GenerateRequest] = field(default_factory=list)
    separations: list[SeparateRequest] = field(default_factory=list)
    arrangings: list[ArrangeRequest] = field(default_factory=list)
    layers: list[LayerRequest] = field(default_factory=list)
    generating: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled_generations: int = 0
    meet: asyncio.Barrier | None = None
    """Where the layer and the tracks wait for each other."""
    tasks: list[SongTask] = field(default_factory=list)
    analysis_errors: list[AuraxError] = field(default_factory=list)
    revisions: list[ReviseRequest] = field(default_factory=list)
    notes: list[NoteRequest] = field(default_factory=list)
    kept_layers: dict[str, SongLayers] = field(default_factory=dict)
    """Of delivered songs, by the key of their document."""
    kept: list[KeepRequest] = field(default_factory=list)
    keep_errors: list[Exception] = field(default_factory=list)
    admission_errors: list[AuraxError] = field(default_factory=list)
    mixing: asyncio.Event = field(default_factory=asyncio.Event)
    mix_may_go_on: asyncio.Event | None = None
    """What every mix waits for."""
    running: int = 0
    running_at_the_end: int | None = None
    """How many activities were still at work when the song was ended."""

    def all(self) -> list[Callable[..., Any]]:
        return [
            self.analyze, self.compose_candidate, self.render_track, self.mix_stems, self.master_mix,
            self.judge_take, self.deliver_song, self.discard_attempt, self.end_song,
            self.generate_candidates, self.separate_stems, self.arrange_stems, self.generate_layer,
            self.find_damage, self.revise, self.read_note, self.keep_session,
            self.admit_song,
        ]  # fmt: skip

    @activity.defn
    async def analyze(self, task: SongTask) -> Analysis:
        self.calls["analyze"] += 1
        self.tasks.append(task)
        if self.analysis_errors:
            raise self.analysis_errors.pop(0)
        return Analysis(
            intent=ref("intent"),
            title="Rain",
            style="lofi",
            required_criteria=frozenset(),
            work=work("intent"),
            base=self.kept_layers.get(task.base.key) if task.base is not None else None,
        )

    @activity.defn
    async def revise(self, request: ReviseRequest) -> Revised:
        self.calls["revise"] += 1
        self.revisions.append(request)
        name = "-".join(sorted({note.note for note in request.revisions})).replace(" ", "-")
        layers = [LAYER_OF[change.kind] for note in request.revisions for change in note.asked] or ["master"]
        layer = min(layers, key=("plan", "score", "mix", "master").index)
        layer = "plan" if request.score is None else layer
        edited = ref(f"score-{name}") if layer == "score" else request.score
        return Revised(
            intent=ref(f"intent-{name}"),
            score=None if layer == "plan" else edited,
            tracks=TRACKS,
            mix=request.mix.model_copy(update={"high_trim_db": request.mix.high_trim_db + 1.0}),
            seed=request.seed + (1 if "take" in name else 0),
            layer=layer,
            revisions=request.revisions,
        )

    @activity.defn
    async def read_note(self, request: NoteRequest) -> Revision:
        self.calls["read_note"] += 1
        self.notes.append(request)
        kind = KINDS.get(request.note, "unknown")
        fate = "not_understood" if kind == "unknown" else "exact"
        return Revision(note=request.note, changes=(Change(words=request.note, kind=kind, fate=fate),))

    @activity.defn
    async def admit_song(self, task: SongTask) -> None:
        self.calls["admit_song"] += 1
        if self.admission_errors:
            raise self.admission_errors.pop(0)

    @activity.defn
    async def keep_session(self, request: KeepRequest) -> None:
        self.calls["keep_session"] += 1
        if self.keep_errors:
            raise self.keep_errors.pop(0)
        self.kept.append(request)

    @activity.defn
    async def compose_candidate(self, request: CandidateRequest) -> Candidate:
        self.calls["compose_candidate"] += 1
        self._read("compose_candidate")
        self.seeds.append(request.seed)
        return Candidate(
            index=request.index,
            seed=request.seed,
            score=ref(f"score-{request.seed}"),
            tracks=TRACKS,
            passed=self.passing_candidates(request),
            points=self.points(request),
            work=work("compose"),
        )

    @activity.defn
    async def render_track(self, request: TrackRequest) -> RenderedTrack:
        self.calls[f"render {request.track}"] += 1
        self._read(f"render {request.track}")
        self.rendering.set()
        if self.render_errors and request.track == "bass":
            if self.fail_after is not None:
                await self.fail_after.wait()
            raise self.render_errors.pop(0)
        try:
            await self._meet()
            await self._work(self.render_s)
        except asyncio.CancelledError:
            self.cancelled_renders += 1
            if self.cancelled_render_error is not None:
                raise self.cancelled_render_error from None
            raise
        return RenderedTrack(track=request.track, stem=ref(f"stem-{request.track}"), work=work("render"))

    @activity.defn
    async def mix_stems(self, request: MixRequest) -> Mixed:
        self.calls["mix_stems"] += 1
        self._read("mix_stems")
        self.mixes.append(request)
        self.mixing.set()
        if self.mix_may_go_on is not None:
            await self._wait_for(self.mix_may_go_on)
        name = f"{request.take.number}-{request.attempt}"
        stem = MixedStemRef(
            name="kick",
            role="kick",
            audio=audio(f"kick-{name}"),
            integrated_lufs=-20.0,
            peak_dbfs=-6.0,
            correlation=1.0,
        )
        return Mixed(
            settings=request.take.mix,
            mix=audio(f"mix-{name}"),
            stems=(stem,),
            null_residual_dbfs=-140.0,
            work=work("mix"),
        )

    @activity.defn
    async def master_mix(self, request: MasterRequest) -> Mastered:
        self.calls["master_mix"] += 1
        self.masters.append(request)
        self._read("master_mix")
        if self.master_errors:
            raise self.master_errors.pop(0)
        return Mastered(master=audio(f"master-{request.mixed.mix.key[6:-5]}"), work=work("master"))

    @activity.defn
    async def judge_take(self, request: JudgeRequest) -> Judged:
        self.calls["judge_take"] += 1
        self._read("judge_take")
        failures = self.failures(request)
        score = 100.0 - 10 * len(failures)
        verdict = Verdict(
            passed=not failures,
            score=score,
            fidelity=PartVerdict(passed=True, score=100.0),
            quality=PartVerdict(passed=not failures, score=score),
            checks=failures,
        )
        return Judged(verdict=verdict, work=work("judge"))

    @activity.defn
    async def deliver_song(self, request: DeliveryRequest) -> Song:
        self.calls["deliver_song"] += 1
        self.delivered.append(request)
        self._read("deliver_song")
        accepted = next(take for take in request.takes if take.settings.number == request.accepted)
        layers = None
        if request.layers is not None:
            layers = ref(f"layers-{request.song_id}")
            self.kept_layers[layers.key] = request.layers
        return Song(
            song_id=request.song_id,
            title="Rain",
            style="lofi",
            duration_s=60.0,
            passed=accepted.verdict.passed,
            points=accepted.verdict.score,
            take=request.accepted,
            takes=len(request.takes),
            files=(Deliverable(path="master.flac", object=request.mastered.master),),
            timings_s={"total": 1.0},
            intent=request.intent,
            score=request.score,
            layers=layers,
            revisions=request.revisions,
        )

    @activity.defn
    async def find_damage(self, inspection: DamageRequest) -> Damage:
        self.calls["find_damage"] += 1
        self.inspections.append(inspection)
        looked_at = {one.key for one in (*inspection.objects, *inspection.stems)}
        return Damage(keys=self.damaged & looked_at)

    def _read(self, activity_name: str) -> None:
        """Fail as a real activity does whose stored input is damaged."""
        if self.damage.get(activity_name):
            self.damaged = self.damage[activity_name].pop(0)
            raise DamagedObject("an object", "other content", "make the song again")

    @activity.defn
    async def discard_attempt(self, discard: DiscardRequest) -> None:
        self.calls["discard_attempt"] += 1
        if self.calls["discard_attempt"] == 1:
            raise ApplicationError("the object store is briefly away")
        self.discarded.append(discard)

    @activity.defn
    async def end_song(self, ending: EndRequest) -> None:
        self.running_at_the_end = self.running
        self.endings.append(ending)

    @activity.defn
    async def generate_candidates(self, order: GenerateRequest) -> GeneratedCandidates:
        self.calls["generate_candidates"] += 1
        self.generations.append(order)
        self.generating.set()
        error = self.generation_errors(order)
        if error is not None:
            raise error
        try:
            await self._work(self.generation_s)
        except asyncio.CancelledError:
            self.cancelled_generations += 1
            raise
        return GeneratedCandidates(
            candidates=tuple(
                Candidate(
                    index=index,
                    seed=seed,
                    audio=audio(f"raw-{seed}"),
                    passed=self.passing_audio(index),
                    points=self.audio_points(index),
                    work=work("generate"),
                )
                for index, seed in enumerate(order.seeds, start=order.first_index)
            )
        )

    @activity.defn
    async def separate_stems(self, order: SeparateRequest) -> Separated:
        self.calls["separate_stems"] += 1
        self.separations.append(order)
        error = self.separation_errors(order)
        if error is not None:
            raise error
        stems = tuple(SeparatedStem(name=name, audio=audio(f"source-{name}")) for name in SOURCES)
        return Separated(separator="hpss", stems=stems, work=work("separate"))

    @activity.defn
    async def arrange_stems(self, order: ArrangeRequest) -> Arranged:
        self.calls["arrange_stems"] += 1
        self.arrangings.append(order)
        tracks = tuple(
            RenderedTrack(track=stem.name, stem=ref(f"stem-{stem.name}"), work=work("arrange")) for stem in order.stems
        )
        return Arranged(score=ref(f"heard-{order.seed}"), tracks=tracks, work=work("arrange"))

    @activity.defn
    async def generate_layer(self, order: LayerRequest) -> Layered:
        self.calls["generate_layer"] += 1
        self.layers.append(order)
        self.generating.set()
        if self.layer_errors:
            await self.rendering.wait()
            raise self.layer_errors.pop(0)
        try:
            await self._meet()
            await self._work(self.generation_s)
        except asyncio.CancelledError:
            self.cancelled_generations += 1
            raise
        if not self.layer_fits:
            return Layered(score=order.score, track=None, agreement=0.1, work=work("generate"))
        track = RenderedTrack(track=LAYER, stem=ref(f"stem-{LAYER}"), work=work("generate"))
        return Layered(score=ref("score-with-layer"), track=track, agreement=0.9, work=work("generate"))

    async def _meet(self) -> None:
        if self.meet is not None:
            await asyncio.wait_for(self.meet.wait(), 20)

    async def _wait_for(self, event: asyncio.Event) -> None:
        while not event.is_set():
            activity.heartbeat()
            await asyncio.sleep(0.02)

    async def _work(self, seconds: float) -> None:
        self.running += 1
        try:
            for _ in range(round(seconds / 0.05)):
                activity.heartbeat()
                await asyncio.sleep(0.05)
        finally:
            self.running -= 1
