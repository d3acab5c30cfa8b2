"""Takes: attempts at a song, and how they relate."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from aurax.judge.verdict import Layer, Verdict
from aurax.mix.settings import MixSettings


class TakeSettings(BaseModel):
    """What one attempt is made with."""

    model_config = ConfigDict(frozen=True)

    number: int
    """Counted from 1."""
    seed: int
    """The composer's seed of this take; the first take uses the request's own."""
    mix: MixSettings = MixSettings()
    parent: int | None = None
    """Number of the take this one improves on."""
    redo_layer: Layer | None = None
    """The cheapest layer that can mend the parent's faults; None for a first take."""
    reason: str = "first take"


class TakeResult(BaseModel):
    """A judged attempt."""

    model_config = ConfigDict(frozen=True)

    settings: TakeSettings
    verdict: Verdict
