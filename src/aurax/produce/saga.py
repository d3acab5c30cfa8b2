"""Sagas: what steps leave behind, and what takes it away again, as values.

A step that stores something registers its compensation before it begins. When the work fails or is cancelled, the
compensations run from the last step to the first. A compensation that takes away what others would take away too is
enough for all of them.
"""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict

WHOLE_SONG = ""
"""The prefix of everything that a song stores."""


class Compensation(BaseModel):
    """What takes away what a step left."""

    model_config = ConfigDict(frozen=True)

    step: str
    """Such as `take 1: mix`."""
    prefix: str
    """Beginning of the names of the assets that the step stores; everything of the song when empty."""

    def covers(self, other: Compensation) -> bool:
        """Whether this one takes away all that the other would."""
        return other.prefix.startswith(self.prefix)


class Saga(BaseModel):
    """The steps that were begun so far, each with its compensation."""

    model_config = ConfigDict(frozen=True)

    steps: tuple[Compensation, ...] = ()

    def begun(self, step: str, prefix: str) -> Self:
        """The saga after a step was begun.

        Args:
            step: its name.
            prefix: beginning of the names of what it stores.
        """
        return self.model_copy(update={"steps": (*self.steps, Compensation(step=step, prefix=prefix))})

    def without(self, prefix: str) -> Self:
        """The saga once nothing is left of the steps with this prefix."""
        return self.model_copy(
            update={"steps": tuple(step for step in self.steps if not step.prefix.startswith(prefix))}
        )

    def compensations(self) -> tuple[Compensation, ...]:
        """What has to run so that nothing is left, the last step's first, without those that another one covers."""
        needed: list[Compensation] = []
        for step in reversed(self.steps):
            if not any(other.covers(step) for other in needed):
                needed = [other for other in needed if not step.covers(other)]
                needed.append(step)
        return tuple(needed)
