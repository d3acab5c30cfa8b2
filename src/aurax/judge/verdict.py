"""The Verdict: every criterion with what was expected, what was measured, and what to redo."""

from __future__ import annotations

import math
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Layer = Literal["intent", "plan", "score", "mix", "master"]
"""Where a fault is mended. Order matters: an earlier layer is more expensive to redo."""


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
    low: float | None = None
    """Least number that passes; none where there is no lower bound."""
    high: float | None = None
    """Greatest number that passes; none where there is no upper bound."""
    target: str = ""
    """What would be right where no number says it, in a word or two: `A minor`."""
    measured: float | str | None = None
    """What was found: a number of the same unit, or a word where there is no number to measure (`silence`)."""
    unit: str = ""
    """Of the three numbers: `lufs`, `dbtp`, `db`, `lu`, `bpm`, `s`, `bars`, `share` (1 is all) …"""
    passed: bool
    note: str = ""
    """What else was found, for people; no program reads it."""
    where: Where = Where()
    part: Literal["fidelity", "quality"] = "quality"
    """Whether it asks if what was wanted was done, or if what was done is good."""
    credit: float = Field(default=0.0, ge=0.0, le=1.0)
    """How much of it counts although it did not pass: the nearness of a substitute."""
    curable: bool = True
    """Whether another take can pass it; a style that is not installed is no matter of takes."""
    wish: int | None = None
    """Place in `Intent.wishes` of the wish that it judges."""
    required: bool = True
    """Whether its failure fails its part of the verdict, or only lowers the score."""

    @model_validator(mode="before")
    @classmethod
    def _of_older_versions(cls, content: Any) -> Any:
        """Read checks that were stored when `expected` was a number or words, so that recorded workflows go on."""
        if not isinstance(content, dict) or "expected" not in content:
            return content
        expected, rest = content["expected"], {name: one for name, one in content.items() if name != "expected"}
        if isinstance(expected, str):
            return {"target": expected, **rest}
        return {"low": expected, "high": expected, **rest}

    @property
    def excess(self) -> float | None:
        """How far the measured number lies above (positive) or below (negative) its bounds; 0 within them.

        None where no number was measured, or none was expected.
        """
        if not isinstance(self.measured, int | float) or (self.low is None and self.high is None):
            return None
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        return self.measured - max(low, min(high, self.measured))


class PartVerdict(BaseModel):
    """One half of a judgement."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    passed: bool
    """Whether every required check of this part passed."""
    score: float = Field(ge=0, le=100)
    """Weighted share of what passed; 100 where nothing was asked."""


class Verdict(BaseModel):
    """The judgement of a take: is it what was asked for, and is it good?"""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    passed: bool
    """Whether both parts passed."""
    score: float = Field(ge=0, le=100)
    """`fidelity.score` × `quality.score` / 100: the wrong song made well and the right song made badly both lose."""
    fidelity: PartVerdict
    """Whether what was asked for was done; a substitute counts in part."""
    quality: PartVerdict
    """Whether what was done is good."""
    checks: tuple[Check, ...]
    """Every finding, in the order of the criteria."""

    @model_validator(mode="before")
    @classmethod
    def _of_older_versions(cls, content: Any) -> Any:
        """Read verdicts that were stored before they had two parts: both then say what the whole said."""
        if isinstance(content, dict) and "fidelity" not in content and "quality" not in content:
            part = {"passed": content.get("passed"), "score": content.get("score")}
            return {**content, "fidelity": part, "quality": part}
        return content

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that did not pass."""
        return tuple(check for check in self.checks if not check.passed)

    @property
    def is_acceptable(self) -> bool:
        """Whether no further take could pass more: all that is required passed, save what no take can change."""
        return self.passed or not any(check.required and check.curable for check in self.failures)
