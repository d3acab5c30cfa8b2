"""The activity that looks for damage in what a song stored."""

from __future__ import annotations

from temporalio import activity

from aurax.adapters.temporal.payloads import Damage, Inspection
from aurax.adapters.temporal.stems import AudioStem, read_stem
from aurax.adapters.temporal.studio import Studio
from aurax.adapters.temporal.threads import in_thread
from aurax.audio.reference import ObjectRef
from aurax.errors import CorruptData


class InspectingActivities:
    """Stored objects → those that must be made again.

    Args:
        studio: what to work with.
    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    @activity.defn
    async def find_damage(self, inspection: Inspection) -> Damage:
        """Look at stored objects, and tell in the song's events if some must be made again."""
        damage = await in_thread(lambda _cancelled: self._look(inspection))
        if damage.keys:
            await self._studio.events.append_event(
                inspection.song_id,
                "objects.damaged",
                {"keys": sorted(damage.keys)},
                once=f"{activity.info().workflow_id}/{activity.info().activity_id}",
            )
        return damage

    def _look(self, inspection: Inspection) -> Damage:
        objects = self._studio.objects
        damaged = {ref.key for ref in objects.damaged((*inspection.objects, *inspection.stems))}
        damaged.update(ref.key for ref in inspection.stems if ref.key not in damaged and self._lacks_audio(ref))
        return Damage(keys=frozenset(damaged))

    def _lacks_audio(self, manifest: ObjectRef) -> bool:
        """Whether a manifest names audio that is damaged; clips come back by themselves."""
        try:
            stem = read_stem(self._studio, manifest)
        except CorruptData:
            return True
        return isinstance(stem, AudioStem) and bool(self._studio.objects.damaged([stem.audio]))
