"""Accepting a song in a person's name: limits, row and count in one step, before any of its work begins."""

from __future__ import annotations

from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

from aurax.services.lineage import Lineage
from aurax.services.task import SongTask


class NewSong(BaseModel):
    """A song that is asked for."""

    model_config = ConfigDict(frozen=True)

    song_id: str
    prompt: str
    seed: int
    request: dict[str, Any]
    lineage: Lineage
    project_id: str | None = None
    may_cost: bool = False


class Admissions(Protocol):
    """Where songs are accepted."""

    async def admit(self, song: NewSong, *, again: bool = False) -> None:
        """Accept a song or raise; both in one transaction with the look at what the person has."""


async def admit_song(
    admissions: Admissions, task: SongTask, *, project_id: str | None = None, again: bool = False
) -> None:
    """Accept a song in its owner's name, or refuse it; whatever starts a song for a person calls this first.

    May be repeated for the same song: one that was accepted stays accepted and counts once. Without an owner the song
    is only recorded, and nothing is limited.

    Args:
        admissions: where songs are accepted.
        task: the song and its owner.
        project_id: one of the owner's projects, to put it into.
        again: whether the song has ended and is to be made once more, which counts as another.

    Raises:
        LimitReached: one of the owner's limits is reached. Nothing was recorded.
        NotAllowed: the owner is disabled or gone, or the id is another's song.
        NotFound: the session or the project is not the owner's.
    """
    await admissions.admit(
        NewSong(
            song_id=task.song_id,
            prompt=task.request.prompt,
            seed=task.request.seed,
            request=task.stored(),
            lineage=task.lineage,
            project_id=project_id,
            may_cost=task.engines is not None,
        ),
        again=again,
    )
