"""Storing what was understood of a prompt, as the first piece of a song's work."""

from __future__ import annotations

from aurax.audio.reference import ObjectRef
from aurax.errors import DamagedObject
from aurax.intent.intent import Intent
from aurax.services.asset_registry import AssetRegistry
from aurax.services.context import WorkerContext
from aurax.services.payload import Payload, Work
from aurax.services.people.admit_song import admit_song
from aurax.services.ports import Asset
from aurax.services.progress_events import ProgressEvents
from aurax.services.song_layers import SongLayers, take_over
from aurax.services.task import SongTask
from aurax.services.timing import Stopwatch
from aurax.services.understand import understand


class Analysis(Payload):
    """A prompt, understood."""

    intent: ObjectRef
    title: str
    style: str
    required_criteria: frozenset[str]
    """Criteria whose failure fails a take."""
    work: Work
    base: SongLayers | None = None
    """The layers of the version before; None for a song of its own, and where they are gone."""


async def keep_intent(context: WorkerContext, task: SongTask) -> Analysis:
    """Record the song and store its intent.

    Args:
        context: what to work with.
        task: with the intent; tasks of earlier versions have none, and their prompt is read here.

    Raises:
        InvalidPrompt: a prompt of an earlier version cannot be read.
        LimitReached, NotAllowed, NotFound: it is not accepted in its owner's name; nothing was recorded.
        StorageFull: no room is left.
    """
    watch = Stopwatch("intent")
    stored, song_id = task.stored(), task.song_id
    if task.lineage.owner is None:
        await context.songs.create_song(
            song_id, task.request.prompt, task.request.seed, request=stored, lineage=task.lineage, options=stored
        )
    else:
        await admit_song(context.admissions, task)
    events = ProgressEvents(context.events, song_id)
    await events.started("intent")
    base = await _base(context, task)
    intent, ref = await _intent(context, task, base)
    await context.songs.set_song_status(
        song_id, "making", title=intent.title, style=intent.style, duration_s=intent.duration_s
    )
    work = watch.stop()
    await events.finished(work, intent.style, title=intent.title, assumptions=intent.assumptions)
    return Analysis(
        intent=ref,
        title=intent.title,
        style=intent.style,
        required_criteria=context.required_criteria,
        work=work,
        base=base,
    )


async def _base(context: WorkerContext, task: SongTask) -> SongLayers | None:
    """The layers of the version before; None where there is none, or where its files were forgotten meanwhile."""
    if task.base is None:
        return None
    try:
        return await take_over(context, task.song_id, task.base)
    except DamagedObject:
        gone = {"parent": task.lineage.parent_id}
        await context.events.append_event(task.song_id, "base.lost", gone)
        return None


async def _intent(context: WorkerContext, task: SongTask, base: SongLayers | None) -> tuple[Intent, ObjectRef]:
    """What is asked: by the version before, as it was understood, or as the prompt is understood here."""
    if base is not None:
        await context.songs.save_assets(task.song_id, [Asset.of("intent", base.intent)])
        return await context.in_thread(lambda _cancelled: context.intent(base.intent)), base.intent
    announce = AssetRegistry(context.songs, task.song_id).register("intent")
    intent = task.intent
    if intent is None:
        intent = await context.in_thread(lambda _cancelled: understand(task.request))
    return intent, await context.in_thread(lambda _cancelled: context.put_intent(intent, announce))
