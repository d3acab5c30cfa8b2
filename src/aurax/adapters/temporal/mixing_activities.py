"""The activities from the stems to the verdict: mixing, mastering, judging."""

from __future__ import annotations

import math
import threading
from concurrent.futures import CancelledError

from temporalio import activity

from aurax.adapters.temporal.asset_book import AssetBook
from aurax.adapters.temporal.assets import attempt_prefix
from aurax.adapters.temporal.composing_activities import render
from aurax.adapters.temporal.memory_budget import JUDGE_BUFFERS, MASTER_BUFFERS, MIX_BUFFERS
from aurax.adapters.temporal.payloads import (
    Judged,
    JudgeRequest,
    Mastered,
    MasterRequest,
    Mixed,
    MixedStemRef,
    MixRequest,
)
from aurax.adapters.temporal.stems import AudioStem, read_stem
from aurax.adapters.temporal.story import Story
from aurax.adapters.temporal.studio import Studio
from aurax.adapters.temporal.threads import in_thread
from aurax.adapters.temporal.timing import Stopwatch
from aurax.audio.reference import AudioRef
from aurax.audio.waveform import SAMPLE_RATE, Waveform
from aurax.deliver.outcome import expected_line
from aurax.deliver.tags import audio_tags
from aurax.errors import CorruptData, ServiceUnavailable
from aurax.intent.intent import Intent
from aurax.judge.criterion import Evidence, StemMeasurements
from aurax.judge.judge import judge
from aurax.judge.verdict import Verdict
from aurax.mix.mastering import master
from aurax.mix.mixer import MixedStem, mix_stems
from aurax.produce.take import TakeResult
from aurax.score.score import Score
from aurax.score.sound import sound_of
from aurax.version import __version__

_MIX_THREADS = 2


class MixingActivities:
    """Stems → Mix → Master → Verdict.

    Args:
        studio: what to work with.
    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    @activity.defn
    async def mix_stems(self, request: MixRequest) -> Mixed:
        """Mix the stems and store each as it becomes final."""
        story = self._story(request)
        await story.started("mix")
        book = self._book(request)
        mixed = await in_thread(lambda cancelled: self._mix(request, book, cancelled))
        self._check([mixed.mix, *(stem.audio for stem in mixed.stems)])
        names = [stem.name for stem in mixed.stems]
        await story.finished(mixed.work, f"{len(names)} stems", stems=names)
        return mixed

    def _mix(self, request: MixRequest, book: AssetBook, cancelled: threading.Event) -> Mixed:
        with self._studio.memory.claim(self._frames(request), MIX_BUFFERS, cancelled):
            return self._mix_now(request, book, cancelled)

    def _mix_now(self, request: MixRequest, book: AssetBook, cancelled: threading.Event) -> Mixed:
        watch = Stopwatch("mix")
        studio = self._studio
        score, intent = studio.score(request.score), studio.intent(request.intent)
        manifests = {stem.track: stem for stem in (read_stem(studio, ref) for ref in request.stems)}
        finished: dict[str, MixedStemRef] = {}

        def load_stem(track: str) -> Waveform:
            manifest = manifests[track]
            if isinstance(manifest, AudioStem):
                return studio.objects.read_audio(manifest.audio)
            try:
                return studio.pool.assemble(manifest)
            except CorruptData:
                # The clip cache is bounded and may be emptied at any time; clips come back the same to the bit.
                return studio.pool.assemble(render(studio, score, track, cancelled))

        def keep(stem: MixedStem) -> None:
            audio = studio.objects.put_audio(
                stem.waveform, _tags(request, score, intent, stem.name), announce=book.note(f"stem/{stem.name}")
            )
            finished[stem.name] = _stem_ref(stem, audio)

        sums: list[AudioRef] = []

        def keep_mix(mix: Waveform) -> None:
            tags, announce = _tags(request, score, intent), book.note("mix")
            sums.append(studio.objects.put_audio(mix, tags, keep=True, announce=announce))

        outcome = mix_stems(
            score,
            load_stem,
            request.take.mix,
            keep,
            on_mix=keep_mix,
            cancelled=cancelled,
            workers=min(_MIX_THREADS, len(score.tracks)),
            own_stems=True,
            scratch_dir=studio.settings.staging_dir,
        )
        return Mixed(
            settings=request.take.mix,
            mix=sums[0],
            stems=tuple(finished[name] for name in outcome.stems),
            null_residual_dbfs=outcome.null_residual_dbfs,
            work=watch.stop(),
        )

    @activity.defn
    async def master_mix(self, request: MasterRequest) -> Mastered:
        """Master a mix."""
        story = self._story(request.mix_request)
        await story.started("master")
        book = self._book(request.mix_request)
        mastered = await in_thread(lambda cancelled: self._master(request, book, cancelled))
        self._check([mastered.master])
        await story.finished(mastered.work)
        return mastered

    def _master(self, request: MasterRequest, book: AssetBook, cancelled: threading.Event) -> Mastered:
        with self._studio.memory.claim(request.mixed.mix.frames, MASTER_BUFFERS, cancelled):
            return self._master_now(request, book, cancelled)

    def _master_now(self, request: MasterRequest, book: AssetBook, cancelled: threading.Event) -> Mastered:
        watch = Stopwatch("master")
        studio = self._studio
        score, intent = studio.score(request.mix_request.score), studio.intent(request.mix_request.intent)
        finished = master(
            studio.objects.read_audio(request.mixed.mix, keep=True),
            sound_of(score.plan),
            request.mix_request.take.mix,
            loudness_lufs=intent.loudness_lufs,
            loops=score.plan.is_loop,
        )
        if cancelled.is_set():
            raise CancelledError
        audio = studio.objects.put_audio(
            finished, _tags(request.mix_request, score, intent), keep=True, announce=book.note("master")
        )
        return Mastered(master=audio, work=watch.stop())

    @activity.defn
    async def judge_take(self, request: JudgeRequest) -> Judged:
        """Judge a mastered take and record it."""
        watch = Stopwatch("judge")
        studio, mix_request = self._studio, request.mix_request
        story = self._story(mix_request)
        await story.started("judge")
        verdict = await in_thread(lambda cancelled: self._judge(request, cancelled))
        judged = Judged(verdict=verdict, work=watch.stop())
        await studio.songs.save_take(mix_request.song_id, TakeResult(settings=mix_request.take, verdict=verdict))
        await story.finished(
            judged.work,
            f"{verdict.score:.0f} points" + ("" if verdict.is_acceptable else ", not good enough"),
            passed=verdict.passed,
            score=verdict.score,
            failures=[check.name for check in verdict.failures],
            redone=mix_request.take.redo_layer,
        )
        return judged

    def _judge(self, request: JudgeRequest, cancelled: threading.Event) -> Verdict:
        with self._studio.memory.claim(request.mixed.mix.frames, JUDGE_BUFFERS, cancelled):
            return self._judge_now(request)

    def _judge_now(self, request: JudgeRequest) -> Verdict:
        studio, objects, mixed = self._studio, self._studio.objects, request.mixed
        stems = {stem.name: stem for stem in mixed.stems}
        evidence = Evidence(
            intent=studio.intent(request.mix_request.intent),
            score=studio.score(request.mix_request.score),
            stems={name: _measurements(stem) for name, stem in stems.items()},
            mix=objects.read_audio(mixed.mix, keep=True),
            master=objects.read_audio(request.mastered.master, keep=True),
            null_residual_dbfs=mixed.null_residual_dbfs,
            load_stem=lambda name: objects.read_audio(stems[name].audio),
        )
        return judge(evidence, studio.criteria)

    def _frames(self, request: MixRequest) -> int:
        return round(self._studio.score(request.score).plan.duration_s * SAMPLE_RATE)

    def _story(self, request: MixRequest) -> Story:
        return Story(self._studio.events, request.song_id, request.take.number, request.attempt)

    def _book(self, request: MixRequest) -> AssetBook:
        return AssetBook(self._studio.songs, request.song_id, attempt_prefix(request.take.number, request.attempt))

    def _check(self, refs: list[AudioRef]) -> None:
        # Another song that was just cancelled may have deleted an object of the same content while it became ours.
        for ref in refs:
            if not self._studio.objects.exists(ref.key):
                raise ServiceUnavailable(f"object {ref.key} to be kept", "nothing", "try again")


def _tags(request: MixRequest, score: Score, intent: Intent, stem_name: str | None = None) -> dict[str, str]:
    mode = "neural" if score.origin == "transcribed" else "symbolic"
    return audio_tags(
        score.plan,
        prompt=request.prompt,
        seed=request.seed,
        aurax_version=__version__,
        stem_name=stem_name,
        outcome=expected_line(intent, style=score.plan.style, mode=mode),
    )


def _stem_ref(stem: MixedStem, audio: AudioRef) -> MixedStemRef:
    return MixedStemRef(
        name=stem.name,
        role=stem.role,
        audio=audio,
        integrated_lufs=stem.integrated_lufs if math.isfinite(stem.integrated_lufs) else None,
        peak_dbfs=stem.peak_dbfs if math.isfinite(stem.peak_dbfs) else None,
        correlation=stem.correlation,
    )


def _measurements(stem: MixedStemRef) -> StemMeasurements:
    return StemMeasurements(
        integrated_lufs=-math.inf if stem.integrated_lufs is None else stem.integrated_lufs,
        peak_dbfs=-math.inf if stem.peak_dbfs is None else stem.peak_dbfs,
        correlation=stem.correlation,
        role=stem.role,
    )
