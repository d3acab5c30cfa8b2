"""What is kept of a song so that a version of it can be made without making everything again."""

from __future__ import annotations

from collections.abc import Iterator

from aurax.audio.reference import AudioRef, ObjectRef, SongId
from aurax.errors import DamagedObject
from aurax.produce.take import TakeSettings
from aurax.services.asset_registry import AssetRegistry
from aurax.services.compose_candidate import Candidate
from aurax.services.context import WorkerContext
from aurax.services.mix_stems import Mixed
from aurax.services.payload import Payload
from aurax.services.ports import Asset
from aurax.services.raw_stems import AudioStem, read_stem
from aurax.services.render_track import RenderedTrack
from aurax.services.revise import ReviseRequest

LAYERS = "layers"
"""Name of the asset that holds them."""
_BASE = "base/"
"""Beginning of the names under which a version keeps what it took over."""


class SongLayers(Payload):
    """The layers of a finished take, from its notes to its mix, and how each was come by."""

    intent: ObjectRef
    """What was asked in the end, every note included."""
    settings: TakeSettings
    """Of the take, with the mix as it was used."""
    composed_as: TakeSettings
    """The take whose notes these were at first; it says how to compose them again."""
    composed_for: ObjectRef
    """The intent that they were composed for."""
    edits: tuple[ReviseRequest, ...] = ()
    """What was done to the notes since, in its order."""
    candidate: Candidate
    """With the notes as they are now."""
    tracks: tuple[RenderedTrack, ...]
    score: ObjectRef | None = None
    """The score that the tracks follow, where it is not the candidate's own."""
    generated: tuple[AudioRef, ...] = ()
    """Audio to which manifests of tracks refer: engines made it, and would be paid for making it again."""
    mixed: Mixed

    def objects(self) -> Iterator[tuple[str, ObjectRef]]:
        """Every stored object among them, with a name."""
        yield "intent", self.intent
        yield "composed for", self.composed_for
        if self.candidate.score is not None:
            yield "notes", self.candidate.score
        if self.candidate.audio is not None:
            yield "audio", self.candidate.audio
        if self.score is not None:
            yield "score", self.score
        for track in self.tracks:
            yield f"clips/{track.track}", track.stem
        for number, audio in enumerate(self.generated, 1):
            yield f"generated/{number}", audio
        yield "mix", self.mixed.mix
        for stem in self.mixed.stems:
            yield f"stem/{stem.name}", stem.audio


async def keep_layers(context: WorkerContext, song_id: SongId, layers: SongLayers) -> tuple[ObjectRef, list[Asset]]:
    """Store layers as a document.

    Args:
        context: what to work with.
        song_id: the song whose layers they are.
        layers: to be kept.

    Returns:
        The document, and the objects that the song keeps for it.

    Raises:
        DamagedObject: the manifest of a stem is gone or not what was stored.
        StorageFull: no room is left.
    """
    announce = AssetRegistry(context.songs, song_id).register(LAYERS)

    def store() -> tuple[ObjectRef, SongLayers]:
        stems = (read_stem(context, track.stem) for track in layers.tracks)
        generated = tuple(stem.audio for stem in stems if isinstance(stem, AudioStem))
        whole = layers.model_copy(update={"generated": generated})
        return context.objects.put_bytes(whole.model_dump_json().encode(), announce=announce), whole

    ref, whole = await context.in_thread(lambda _cancelled: store())
    return ref, [Asset.of(LAYERS, ref), *(Asset.of(f"{LAYERS}/{name}", one) for name, one in whole.objects())]


async def take_over(context: WorkerContext, song_id: SongId, ref: ObjectRef) -> SongLayers:
    """Read the layers of another version, and hold on to all of them for a song of its own.

    Args:
        context: what to work with.
        song_id: the new song.
        ref: what `keep_layers` returned.

    Raises:
        DamagedObject: the document is gone, or not what was stored.
    """
    content = await context.in_thread(lambda _cancelled: context.objects.read_bytes(ref))
    layers = SongLayers.model_validate_json(content)
    await context.songs.save_assets(
        song_id, [Asset.of(f"{_BASE}{name}", one) for name, one in (("document", ref), *layers.objects())]
    )
    # The other version may have been forgotten between the two.
    if await context.in_thread(lambda _cancelled: context.objects.damaged([layers.intent, layers.composed_for])):
        await context.songs.release_assets(song_id, _BASE)
        raise DamagedObject("the version before", "nothing of it", "ask for the song again")
    return layers
