"""What goes into a use case and what comes out of it: references and small values, never audio or notes.

What a use case takes ends in `Request`; what it answers is named after what was made. Both are defined next to it.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from aurax.produce.stages import StageName


class Payload(BaseModel):
    """A frozen value that crosses processes."""

    model_config = ConfigDict(frozen=True)


class Work(Payload):
    """When a piece of work was done, so that the time of a stage is known even where its pieces run in parallel."""

    stage: StageName
    start_s: float
    """Seconds since the epoch, by the wall clock."""
    end_s: float
    """The beginning and how long it took, so that it is never before the beginning."""
    clock: str = ""
    """Names the steady clock of the machine that worked; empty in what older versions recorded."""
    began_s: float = 0.0
    """The beginning on that clock."""
