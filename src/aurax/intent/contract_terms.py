"""The contract: what the wishes require, and what every song must keep besides."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.intent.contract import Contract, Requirement

DEFAULT_LUFS = -14.0
"""Integrated loudness where none is asked for; that of streaming (docs/facts/mix.md#loudness-and-limiter)."""

LUFS_TOLERANCE = 0.3
CEILING_DBTP = -1.0


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
