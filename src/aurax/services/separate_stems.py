"""Taking generated audio apart."""

from __future__ import annotations

import threading

from aurax.audio.reference import AudioRef, SongId
from aurax.engines.requests import SeparationRequest
from aurax.services.asset_registry import AssetRegistry, take_prefix
from aurax.services.context import WorkerContext
from aurax.services.engine_calls import EngineCalls, PaidCall
from aurax.services.payload import Payload, Work
from aurax.services.progress_events import ProgressEvents
from aurax.services.task import EngineChoice
from aurax.services.timing import Stopwatch


class SeparateRequest(Payload):
    """Generated audio to be taken apart."""

    song_id: SongId
    take_number: int
    engines: EngineChoice
    audio: AudioRef


class SeparatedStem(Payload):
    """One source of a separation."""

    name: str
    audio: AudioRef


class Separated(Payload):
    """Stems that sum to the audio."""

    separator: str
    stems: tuple[SeparatedStem, ...]
    work: Work


async def separate_stems(context: WorkerContext, request: SeparateRequest) -> Separated:
    """Take generated audio apart and store the stems.

    Args:
        context: what to work with.
        request: which audio, and within what bounds.

    Raises:
        MissingWeights: no separator can run.
        BudgetExceeded: the song's budget does not pay for the call.
        DamagedObject: the audio is gone or not what was stored.
    """
    events = ProgressEvents(context.events, request.song_id, request.take_number)
    await events.started("separate")
    assets = AssetRegistry(context.songs, request.song_id, take_prefix(request.take_number))
    calls = EngineCalls(context)
    separated = await context.in_thread(lambda cancelled: _separate(context, request, calls, assets, cancelled))
    names = [stem.name for stem in separated.stems]
    await events.finished(separated.work, f"{len(names)} stems by {separated.separator}", stems=names)
    return separated


def _separate(
    context: WorkerContext,
    request: SeparateRequest,
    calls: EngineCalls,
    assets: AssetRegistry,
    cancelled: threading.Event,
) -> Separated:
    watch = Stopwatch("separate")
    objects = context.objects
    separator = calls.separator(request.engines)
    asked = SeparationRequest(objects.read_audio(request.audio))
    call = PaidCall(request.song_id, f"take {request.take_number}/separate", separator.name, asked, request.engines)
    stems = calls.run(call, cancelled).audio
    return Separated(
        separator=separator.name,
        stems=tuple(
            SeparatedStem(name=name, audio=objects.put_audio(stem, announce=assets.register(f"source {name}")))
            for name, stem in stems.items()
        ),
        work=watch.stop(),
    )
