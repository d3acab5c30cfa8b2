"""The contract: what a finished song must measurably be, compiled from the prompt."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

DEFAULT_LUFS = -14.0
"""Integrated loudness where none is asked for; that of streaming (docs/facts/mix.md#loudness-and-limiter)."""

LUFS_TOLERANCE = 0.3
CEILING_DBTP = -1.0


class Requirement(BaseModel):
    """One promise of the contract, judged by the criterion of the same name."""

    model_config = ConfigDict(frozen=True)

    criterion: str
    """Name of the criterion that judges it: `tempo`, `key`, `meter`, `duration`, `instrument_present`,
    `instrument_absent`, `instrument_only`, `genre`, `vocals`, `mood`, `era`, `structure`, `production`, `likeness`,
    `loudness`, `true_peak`, `loop_seam`."""
    target: float | str
    tolerance: float = 0.0
    unit: str = ""
    quote: str = ""
    """The words of the prompt it stems from; empty where the style or a default supplied it."""
    wish: int | None = Field(default=None, ge=0)
    """Place in `Intent.wishes` of the wish that it keeps; none where the style or a default supplied it."""
    played_by: str = ""
    """For instruments: the role, family or instrument by which the composer casts it, where that is not the target
    itself: the part it is (`lead` for a melody), or what stands in for it (`pluck` for a guitar)."""

    @property
    def is_asked(self) -> bool:
        """Whether the person asked for it; the style or a default supplied the others."""
        return self.wish is not None or bool(self.quote)


class Contract(BaseModel):
    """All requirements of one song."""

    model_config = ConfigDict(frozen=True)

    requirements: tuple[Requirement, ...]

    def named(self, criterion: str) -> tuple[Requirement, ...]:
        """The requirements that a criterion has to judge."""
        return tuple(one for one in self.requirements if one.criterion == criterion)


def compile_contract(wished: Sequence[Requirement], *, duration_s: float, bars: int | None) -> Contract:
    """Write down what a finished song must measurably be.

    Args:
        wished: what the wishes require, each of which points to its wish.
        duration_s: promised to within one bar where the prompt names no length, unless bars are.
        bars: promised exactly instead.
    """
    named = {one.criterion for one in wished}
    terms = list(wished)
    if "duration" not in named:
        terms.append(
            Requirement(criterion="duration", target=duration_s, tolerance=1.0, unit="bar")
            if bars is None
            else Requirement(criterion="duration", target=float(bars), unit="bars")
        )
    if "loudness" not in named:
        terms.append(Requirement(criterion="loudness", target=DEFAULT_LUFS, tolerance=LUFS_TOLERANCE, unit="lufs"))
    terms.append(Requirement(criterion="true_peak", target=CEILING_DBTP, unit="dbtp"))
    return Contract(requirements=tuple(terms))
