"""Looking for damage in what a song stored."""

from __future__ import annotations

from aurax.audio.reference import ObjectRef, SongId
from aurax.errors import CorruptData
from aurax.services.context import WorkerContext
from aurax.services.payload import Payload
from aurax.services.raw_stems import AudioStem, read_stem


class DamageRequest(Payload):
    """Objects that a song still needs, to be looked at."""

    song_id: SongId
    objects: tuple[ObjectRef, ...] = ()
    stems: tuple[ObjectRef, ...] = ()
    """Manifests of raw stems; the audio that they name is looked at as well."""


class Damage(Payload):
    """What was found."""

    keys: frozenset[str]
    """Of the objects, and of the manifests, that are gone or not what was stored."""


async def find_damage(context: WorkerContext, request: DamageRequest, *, once: str) -> Damage:
    """Look at stored objects, and record in the song's events if some must be made again.

    Args:
        context: what to work with.
        request: the objects.
        once: names this search, so that repeating it records nothing twice.
    """
    damage = await context.in_thread(lambda _cancelled: _look(context, request))
    if damage.keys:
        await context.events.append_event(request.song_id, "objects.damaged", {"keys": sorted(damage.keys)}, once=once)
    return damage


def _look(context: WorkerContext, request: DamageRequest) -> Damage:
    damaged = {ref.key for ref in context.objects.damaged((*request.objects, *request.stems))}
    damaged.update(ref.key for ref in request.stems if ref.key not in damaged and _misses_audio(context, ref))
    return Damage(keys=frozenset(damaged))


def _misses_audio(context: WorkerContext, manifest: ObjectRef) -> bool:
    """Whether a manifest names audio that is damaged; clips come back by themselves."""
    try:
        stem = read_stem(context, manifest)
    except CorruptData:
        return True
    return isinstance(stem, AudioStem) and bool(context.objects.damaged([stem.audio]))
