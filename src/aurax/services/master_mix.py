"""Mastering a mix."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError

from aurax.audio.reference import AudioRef
from aurax.audio.waveform import Waveform
from aurax.mix.mastering import master
from aurax.mix.reference import master_to_reference
from aurax.mix.settings import MixSettings
from aurax.score.score import Score
from aurax.score.sound import sound_of
from aurax.services.asset_registry import AssetRegistry
from aurax.services.context import WorkerContext
from aurax.services.memory_budget import MASTER_BUFFERS
from aurax.services.mix_stems import Mixed, MixRequest, attempt_assets, attempt_events, require_stored, take_tags
from aurax.services.payload import Payload, Work
from aurax.services.timing import Stopwatch


class MasterRequest(Payload):
    """A master that is wanted."""

    mix_request: MixRequest
    mixed: Mixed


class Mastered(Payload):
    """The finished audio of a take."""

    master: AudioRef
    work: Work


async def master_mix(context: WorkerContext, request: MasterRequest) -> Mastered:
    """Master a mix and store it.

    Args:
        context: what to work with.
        request: the mix, and how it came about.

    Raises:
        SilentAudio: the mix holds no sound.
        DamagedObject: a stored object is gone or not what was stored.
        ServiceUnavailable: another song deleted an object of the same content meanwhile; a retry stores it again.
    """
    events = attempt_events(context, request.mix_request)
    await events.started("master")
    assets = attempt_assets(context, request.mix_request)
    mastered = await context.in_thread(lambda cancelled: _master(context, request, assets, cancelled))
    require_stored(context, [mastered.master])
    await events.finished(mastered.work)
    return mastered


def master_song(mix: Waveform, score: Score, settings: MixSettings, *, loudness_lufs: float | None = None) -> Waveform:
    """Master a mix to the loudness, ceiling and tone of the score's plan.

    Args:
        mix: the unmastered mix.
        score: carries the sound aimed at, and whether the song loops.
        settings: offsets against it.
        loudness_lufs: asked for; the plan's own when None.

    Raises:
        SilentAudio: the mix holds no sound.
    """
    return master(mix, sound_of(score.plan), settings, loudness_lufs=loudness_lufs, loops=score.plan.is_loop)


def master_like(mix: Waveform, score: Score, reference: Waveform) -> Waveform:
    """Master a mix toward a finished track's spectrum, width, dynamics and loudness, within limits.

    Args:
        mix: the unmastered mix.
        score: carries the ceiling, and whether the song loops.
        reference: the finished track.

    Raises:
        SilentAudio: the mix or the reference holds no sound.
    """
    ceiling_dbtp = sound_of(score.plan).ceiling_dbtp
    return master_to_reference(mix, reference, ceiling_dbtp=ceiling_dbtp, loops=score.plan.is_loop)[0]


def _master(
    context: WorkerContext, request: MasterRequest, assets: AssetRegistry, cancelled: threading.Event
) -> Mastered:
    with context.memory.claim(request.mixed.mix.frames, MASTER_BUFFERS, cancelled):
        watch = Stopwatch("master")
        mix_request = request.mix_request
        score, intent = context.score(mix_request.score), context.intent(mix_request.intent)
        finished = master_song(
            context.objects.read_audio(request.mixed.mix, keep=True),
            score,
            mix_request.take.mix,
            loudness_lufs=intent.loudness_lufs,
        )
        if cancelled.is_set():
            raise CancelledError
        tags, announce = take_tags(mix_request, score, intent), assets.register("master")
        audio = context.objects.put_audio(finished, tags, keep=True, announce=announce)
        return Mastered(master=audio, work=watch.stop())
