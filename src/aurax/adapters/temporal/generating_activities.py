"""The activities that generate: candidates of the neural mode, and the layer of the dual one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import numpy as np
from temporalio import activity

from aurax.adapters.temporal.asset_book import AssetBook
from aurax.adapters.temporal.assets import take_prefix
from aurax.adapters.temporal.engine_calls import DISCRIMINATOR, EngineCalls, PaidCall, credited
from aurax.adapters.temporal.neural_payloads import GeneratedCandidates, GenerationOrder, Layered, LayerOrder
from aurax.adapters.temporal.payloads import Candidate, RenderedTrack
from aurax.adapters.temporal.stems import AudioStem
from aurax.adapters.temporal.story import Story
from aurax.adapters.temporal.studio import Studio
from aurax.adapters.temporal.threads import in_thread
from aurax.adapters.temporal.timing import Stopwatch
from aurax.arrange.guide import guide
from aurax.arrange.hearing import hear
from aurax.arrange.layer import add_layer_track, fit_layer
from aurax.audio.waveform import Waveform
from aurax.compose.style import Style
from aurax.engines.direction import direct, tempo_and_key
from aurax.engines.engine import Chunk, EngineInfo, EngineResult
from aurax.engines.requests import DiscriminationRequest, GenerationRequest
from aurax.errors import BadEngineOutput, InvalidOption, SilentAudio, UnknownPlugin
from aurax.intent.intent import Intent
from aurax.judge.measurements import MasterMeasurements
from aurax.produce.candidate import Findings, rate

LAYER_TRACK = "neural layer"
_PEAK = 0.97
_SILENT_LUFS = -60.0
_SHORTEST_JUDGED_S = 2.0


class GeneratingActivities:
    """Intent → generated audio.

    Args:
        studio: what to work with.
    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    @activity.defn
    async def generate_candidates(self, order: GenerationOrder) -> GeneratedCandidates:
        """Generate candidates together, listen to each and store them."""
        story = Story(self._studio.events, order.song_id, order.take_number)
        await story.started("generate")
        book = AssetBook(self._studio.songs, order.song_id, take_prefix(order.take_number))
        calls, tell = EngineCalls(self._studio), _Percents(story, f"round {order.first_index}")
        candidates = await in_thread(lambda cancelled: self._generate(order, calls, book, tell, cancelled))
        for candidate in candidates:
            await story.progress(
                "generate",
                f"candidate {candidate.index}",
                candidate=candidate.index,
                passed=candidate.passed,
                points=candidate.points,
                failures=candidate.failures,
                detail=f"candidate {candidate.index}: {candidate.points:.0f} points",
            )
        await story.finished(candidates[-1].work, f"{len(candidates)} candidates from {order.engines.engine}")
        return GeneratedCandidates(candidates=tuple(candidates))

    def _generate(
        self,
        order: GenerationOrder,
        calls: EngineCalls,
        book: AssetBook,
        tell: Callable[[Chunk], None],
        cancelled: threading.Event,
    ) -> list[Candidate]:
        watch = Stopwatch("generate")
        intent = self._studio.intent(order.intent)
        style = style_of(self._studio, intent)
        info = calls.info(order.engines.engine, "generator")
        generated = self._call(
            calls, order, info, direct(intent, style.info, info, seeds=order.seeds), "generate", cancelled, tell
        )
        candidates = []
        for place, seed in enumerate(order.seeds):
            index = order.first_index + place
            raw = _presentable(info, generated, place)
            quality = self._quality(calls, order, raw, style, index, cancelled)
            rating = rate(intent, *tempo_and_key(intent, style.info), _findings(raw, intent, style, quality))
            audio = self._studio.objects.put_audio(raw, announce=book.note(f"raw {index}"))
            candidates.append(
                Candidate(
                    index=index,
                    seed=seed,
                    audio=audio,
                    passed=rating.passed,
                    points=rating.points,
                    failures=rating.failures,
                    work=watch.stop(),
                )
            )
        return candidates

    def _quality(
        self,
        calls: EngineCalls,
        order: GenerationOrder,
        raw: Waveform,
        style: Style,
        index: int,
        cancelled: threading.Event,
    ) -> float | None:
        """What the discriminator hears; None where it is not installed or the audio is too short for it."""
        if not calls.can_discriminate() or raw.duration_s < _SHORTEST_JUDGED_S:
            return None
        request = DiscriminationRequest(raw, intended=intended_defects(style))
        call = PaidCall(order.song_id, f"{self._place(order)}/listen {index}", DISCRIMINATOR, request, order.engines)
        return calls.run(call, cancelled).measurements.get("quality")

    @activity.defn
    async def generate_layer(self, order: LayerOrder) -> Layered:
        """Generate a layer along a score, fit it to the score's grid and store both."""
        story = Story(self._studio.events, order.song_id, order.take_number)
        await story.started("generate")
        book = AssetBook(self._studio.songs, order.song_id, take_prefix(order.take_number))
        calls, tell = EngineCalls(self._studio), _Percents(story, "layer")
        layered = await in_thread(lambda cancelled: self._layer(order, calls, book, tell, cancelled))
        what = "layer" if layered.track is not None else "no layer"
        await story.finished(layered.work, f"{what}, agreement {layered.agreement:.2f}", agreement=layered.agreement)
        return layered

    def _layer(
        self,
        order: LayerOrder,
        calls: EngineCalls,
        book: AssetBook,
        tell: Callable[[Chunk], None],
        cancelled: threading.Event,
    ) -> Layered:
        watch = Stopwatch("generate")
        studio = self._studio
        score, intent = studio.score(order.score), studio.intent(order.intent)
        info = calls.info(order.engines.engine, "generator")
        if "melody" not in info.conditions:
            raise InvalidOption(
                "an engine that can follow a melody for the dual mode",
                f"{info.name}, which takes {', '.join(sorted(info.conditions))}",
                "choose one such as musicgen-melody",
            )
        request = direct(intent, style_of(studio, intent).info, info, seeds=(order.seed,), melody=guide(score))
        generated = self._call(calls, order, info, request, "layer", cancelled, tell)
        fitted = fit_layer(score, _presentable(info, generated, 0))
        if not fitted.fits:
            return Layered(score=order.score, track=None, agreement=fitted.agreement, work=watch.stop())
        audio = studio.objects.put_audio(fitted.waveform, announce=book.note("layer"))
        stem = AudioStem(track=LAYER_TRACK, audio=audio).model_dump_json().encode()
        work = watch.stop()
        return Layered(
            score=studio.put_score(
                credited(add_layer_track(score, LAYER_TRACK, instrument=info.name), info), book.note("score with layer")
            ),
            track=RenderedTrack(
                track=LAYER_TRACK, stem=studio.objects.put_bytes(stem, announce=book.note("layer stem")), work=work
            ),
            agreement=fitted.agreement,
            work=work,
        )

    def _call(
        self,
        calls: EngineCalls,
        order: GenerationOrder | LayerOrder,
        info: EngineInfo,
        request: GenerationRequest,
        what: str,
        cancelled: threading.Event,
        tell: Callable[[Chunk], None],
    ) -> EngineResult:
        first = f" from {order.first_index}" if isinstance(order, GenerationOrder) else ""
        call = PaidCall(order.song_id, f"{self._place(order)}/{what}{first}", info.name, request, order.engines)
        return calls.run(call, cancelled, tell)

    @staticmethod
    def _place(order: GenerationOrder | LayerOrder) -> str:
        return f"take {order.take_number}"


def style_of(studio: Studio, intent: Intent) -> Style:
    """The style of an intent.

    Raises:
        UnknownPlugin: this worker does not have it.
    """
    try:
        return studio.styles[intent.style]
    except KeyError:
        raise UnknownPlugin(
            f"a style among {', '.join(studio.styles)}", repr(intent.style), "install it or choose another"
        ) from None


def intended_defects(style: Style) -> tuple[str, ...]:
    """What the discriminator would call a defect and the style wants."""
    production = style.production
    wanted = {
        "muffled": production.lowpass_hz is not None,
        "warble": production.wow_cents > 0.0,
        "distortion": production.saturation_db >= 3.0,
    }
    return tuple(name for name, intended in wanted.items() if intended)


def _presentable(info: EngineInfo, generated: EngineResult, place: int) -> Waveform:
    """One candidate within full scale, as 24-bit files need it.

    Raises:
        BadEngineOutput: the engine gave no such candidate.
    """
    raw = generated.audio.get(f"candidate-{place}")
    if raw is None or raw.frames == 0:
        raise BadEngineOutput(
            f"candidate {place} from {info.name}", f"only {', '.join(generated.audio) or 'nothing'}", "ask again"
        )
    peak = float(np.abs(raw.samples).max())
    return raw if peak <= _PEAK else Waveform(raw.samples * np.float32(_PEAK / peak), raw.sample_rate)


def _findings(raw: Waveform, intent: Intent, style: Style, quality: float | None) -> Findings:
    bpm, _ = tempo_and_key(intent, style.info)
    meter = intent.meter
    measured = MasterMeasurements(raw)
    try:
        heard = hear(raw, tempo_hint_bpm=bpm, beats_per_bar=meter.numerator if meter else 4)
    except SilentAudio:
        heard = None
    return Findings(
        tempo_bpm=heard.tempo_bpm if heard else None,
        tempo_confidence=heard.tempo_confidence if heard else 0.0,
        key=heard.key if heard else None,
        key_confidence=heard.key_confidence if heard else 0.0,
        integrated_lufs=measured.integrated_lufs,
        silent_share=float(np.mean(measured.hop_lufs < _SILENT_LUFS)) if measured.hop_lufs.size else 1.0,
        correlation=measured.correlation,
        quality=quality,
    )


class _Percents:
    """Tells the progress of a call in steps of ten percent; called from its thread."""

    def __init__(self, story: Story, what: str) -> None:
        self._story, self._what = story, what
        self._loop = asyncio.get_running_loop()
        self._told = 0

    def __call__(self, chunk: Chunk) -> None:
        percent = int(chunk.progress * 10.0) * 10
        if percent > self._told:
            self._told = percent
            telling = self._story.progress("generate", f"{self._what}: {percent} %", detail=f"{percent} %")
            asyncio.run_coroutine_threadsafe(telling, self._loop).result()
