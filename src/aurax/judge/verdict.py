"""The Verdict: every criterion with what was expected, what was measured, and what to redo."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Layer = Literal["intent", "plan", "score", "mix", "master"]
"""Where a fault is cured. Order matters: an earlier layer is dearer to redo."""


class Where(BaseModel):
    """The place of a fault."""

    model_config = ConfigDict(frozen=True)

    bars: tuple[int, ...] = ()
    """Bars counted from 1, as people count them; empty for the whole song."""
    stem: str | None = None


class Check(BaseModel):
    """One criterion's finding."""

    model_config = ConfigDict(frozen=True)

    name: str
    """The criterion, with a detail after a colon where it judges several things: `instrument_absent:piano`."""
    layer: Layer
    expected: float | str
    measured: float | str | None
    passed: bool
    where: Where = Where()
    part: Literal["fidelity", "quality"] = "quality"
    """Whether it asks if what was wanted was done, or if what was done is good."""
    credit: float = Field(default=0.0, ge=0.0, le=1.0)
    """How much of it counts although it did not pass: the nearness of a substitute."""
    curable: bool = True
    """Whether another take can pass it; a style that is not installed is no matter of takes."""
    wish: int | None = None
    """Place in `Intent.wishes` of the wish that it judges."""


class Verdict(BaseModel):
    """The judgement of a take."""

    model_config = ConfigDict(frozen=True)

    passed: bool
    """Whether every contract check and every required quality check passed."""
    score: float = Field(ge=0, le=100)
    """Weighted share of passed checks, for choosing among takes."""
    checks: tuple[Check, ...]

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that did not pass."""
        return tuple(check for check in self.checks if not check.passed)
