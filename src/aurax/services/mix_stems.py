"""Mixing raw stems: each is stored as soon as it is final, then their sum."""

from __future__ import annotations

import math
import threading

from aurax.audio.reference import AudioRef, ObjectRef, SongId
from aurax.audio.waveform import SAMPLE_RATE, Waveform
from aurax.deliver.outcome import expected_line
from aurax.deliver.tags import audio_tags
from aurax.errors import CorruptData, ServiceUnavailable
from aurax.intent.intent import Intent
from aurax.mix import mixer
from aurax.mix.mixer import MixedStem
from aurax.mix.settings import MixSettings
from aurax.produce.take import TakeSettings
from aurax.score.score import Score
from aurax.services.asset_registry import AssetRegistry, attempt_prefix
from aurax.services.context import WorkerContext
from aurax.services.memory_budget import MIX_BUFFERS
from aurax.services.payload import Payload, Work
from aurax.services.progress_events import ProgressEvents
from aurax.services.raw_stems import AudioStem, read_stem
from aurax.services.render_track import play_track
from aurax.services.timing import Stopwatch
from aurax.version import __version__

_MIX_THREADS = 2


class MixRequest(Payload):
    """A mix that is wanted; `attempt` counts how often mastering sent it back."""

    song_id: SongId
    intent: ObjectRef
    take: TakeSettings
    prompt: str
    seed: int
    score: ObjectRef
    stems: tuple[ObjectRef, ...]
    attempt: int = 0


class MixedStemRef(Payload):
    """A stem as it is delivered, and what was measured of it."""

    name: str
    role: str
    audio: AudioRef
    integrated_lufs: float | None
    """None for a stem that is silent throughout."""
    peak_dbfs: float | None
    """None for a stem that is silent throughout."""
    correlation: float


class Mixed(Payload):
    """A mix and its stems."""

    settings: MixSettings
    mix: AudioRef
    stems: tuple[MixedStemRef, ...]
    null_residual_dbfs: float
    """Peak of (sum of the stems − mix); −200 when the difference is exactly 0."""
    work: Work


async def mix_stems(context: WorkerContext, request: MixRequest) -> Mixed:
    """Mix the stems and store each as it becomes final.

    Args:
        context: what to work with.
        request: stems, score and settings.

    Raises:
        DamagedObject: a stored object is gone or not what was stored.
        StorageFull: no room is left.
        ServiceUnavailable: another song deleted an object of the same content meanwhile; a retry stores it again.
    """
    events = attempt_events(context, request)
    await events.started("mix")
    assets = attempt_assets(context, request)
    mixed = await context.in_thread(lambda cancelled: _mix(context, request, assets, cancelled))
    require_stored(context, [mixed.mix, *(stem.audio for stem in mixed.stems)])
    names = [stem.name for stem in mixed.stems]
    await events.finished(mixed.work, f"{len(names)} stems", stems=names)
    return mixed


def attempt_events(context: WorkerContext, request: MixRequest) -> ProgressEvents:
    """The progress events of one attempt at mixing and mastering."""
    return ProgressEvents(context.events, request.song_id, request.take.number, request.attempt)


def attempt_assets(context: WorkerContext, request: MixRequest) -> AssetRegistry:
    """The registry for what one attempt at mixing and mastering stores."""
    return AssetRegistry(context.songs, request.song_id, attempt_prefix(request.take.number, request.attempt))


def require_stored(context: WorkerContext, refs: list[AudioRef]) -> None:
    """Make sure that audio is still there.

    Another song that was just cancelled may have deleted an object of the same content while it became ours.

    Raises:
        ServiceUnavailable: an object is gone; a retry stores it again.
    """
    for ref in refs:
        if not context.objects.exists(ref.key):
            raise ServiceUnavailable(f"object {ref.key} to be kept", "nothing", "try again")


def take_tags(request: MixRequest, score: Score, intent: Intent, stem_name: str | None = None) -> dict[str, str]:
    """The tags of a take's audio files."""
    mode = "neural" if score.origin == "transcribed" else "symbolic"
    return audio_tags(
        score.plan,
        prompt=request.prompt,
        seed=request.seed,
        aurax_version=__version__,
        stem_name=stem_name,
        outcome=expected_line(intent, style=score.plan.style, mode=mode),
    )


def _mix(context: WorkerContext, request: MixRequest, assets: AssetRegistry, cancelled: threading.Event) -> Mixed:
    frames = round(context.score(request.score).plan.duration_s * SAMPLE_RATE)
    with context.memory.claim(frames, MIX_BUFFERS, cancelled):
        return _mix_now(context, request, assets, cancelled)


def _mix_now(context: WorkerContext, request: MixRequest, assets: AssetRegistry, cancelled: threading.Event) -> Mixed:
    watch = Stopwatch("mix")
    score, intent = context.score(request.score), context.intent(request.intent)
    manifests = {stem.track: stem for stem in (read_stem(context, ref) for ref in request.stems)}
    finished: dict[str, MixedStemRef] = {}

    def load_stem(track: str) -> Waveform:
        manifest = manifests[track]
        if isinstance(manifest, AudioStem):
            return context.objects.read_audio(manifest.audio)
        try:
            return context.pool.assemble(manifest)
        except CorruptData:
            # The clip cache is bounded and may be emptied at any time; clips come back the same to the bit.
            return context.pool.assemble(play_track(context.pool, score, track, cancelled))

    def keep(stem: MixedStem) -> None:
        audio = context.objects.put_audio(
            stem.waveform, take_tags(request, score, intent, stem.name), announce=assets.register(f"stem/{stem.name}")
        )
        finished[stem.name] = _stem_ref(stem, audio)

    sums: list[AudioRef] = []

    def keep_mix(mix: Waveform) -> None:
        tags, announce = take_tags(request, score, intent), assets.register("mix")
        sums.append(context.objects.put_audio(mix, tags, keep=True, announce=announce))

    outcome = mixer.mix_stems(
        score,
        load_stem,
        request.take.mix,
        keep,
        on_mix=keep_mix,
        cancelled=cancelled,
        workers=min(_MIX_THREADS, len(score.tracks)),
        own_stems=True,
        scratch_dir=context.settings.staging_dir,
    )
    return Mixed(
        settings=request.take.mix,
        mix=sums[0],
        stems=tuple(finished[name] for name in outcome.stems),
        null_residual_dbfs=outcome.null_residual_dbfs,
        work=watch.stop(),
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
