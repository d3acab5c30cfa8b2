"""Recording what happens to a song: `<stage>.started`, `<stage>.progress` and `<stage>.finished`.

A use case that is repeated records nothing twice.
"""

from __future__ import annotations

from typing import Any

from aurax.produce.stages import StageName
from aurax.services.clock import elapsed_s
from aurax.services.payload import Work
from aurax.services.ports import EventLog


class ProgressEvents:
    """The events of one song's stages.

    Args:
        events: where they are appended.
        song_id: the song.
        take: number of the take, from 1; 0 for stages that come once in a song.
        attempt: how often mastering had sent the mix back.
    """

    def __init__(self, events: EventLog, song_id: str, take: int = 0, attempt: int = 0) -> None:
        self._events = events
        self._song_id = song_id
        self._place = {"take": take} if take else {}
        self._once = f"take {take}.{attempt}"

    async def started(self, stage: StageName) -> None:
        """A stage began."""
        await self._events.append_event(self._song_id, f"{stage}.started", self._place, once=self._once)

    async def progress(self, stage: StageName, what: str, **data: Any) -> None:
        """One of several equal steps of a stage is done.

        Args:
            stage: the stage.
            what: which step, such as a track's name.
            data: small JSON values.
        """
        await self._events.append_event(
            self._song_id, f"{stage}.progress", {**self._place, **data}, once=f"{self._once}/{what}"
        )

    async def finished(self, work: Work, detail: str = "", **data: Any) -> None:
        """A stage is done.

        Args:
            work: which stage, and how long it took.
            detail: a few words for people.
            data: small JSON values.
        """
        seconds = round(max(0.0, work.end_s - work.start_s), 3)
        await self._events.append_event(
            self._song_id,
            f"{work.stage}.finished",
            {**self._place, "seconds": seconds, "detail": detail, **data},
            once=self._once,
        )

    async def finished_when(self, stage: StageName, steps: int, detail: str = "") -> None:
        """A stage of several steps is done if all of them are recorded; its time runs from its beginning.

        Args:
            stage: the stage.
            steps: how many there are.
            detail: a few words for people.
        """
        recorded = [one for one in await self._events.events(self._song_id) if self._place.items() <= one.data.items()]
        done = [one.moment for one in recorded if one.kind == f"{stage}.progress"]
        began = [one.moment for one in recorded if one.kind == f"{stage}.started"]
        if began and len(done) >= steps:
            first, took_s = began[0], max(elapsed_s(began[0], moment) for moment in done)
            await self.finished(Work(stage=stage, start_s=first.wall_s, end_s=first.wall_s + took_s), detail)
