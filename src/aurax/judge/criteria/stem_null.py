"""Null test: the delivered stems add up to the mix."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.verdict import Check

_MOST_DBFS = -90.0
"""Below the least significant bit of 16-bit audio."""


def judge(evidence: Evidence) -> Sequence[Check]:
    """Peak of the stems' sum minus the mix."""
    residual = evidence.null_residual_dbfs
    if residual is None:
        return []
    return [finding("stem_null", "mix", high=_MOST_DBFS, measured=residual, unit="dbfs")]


CRITERIA = (
    Criterion(
        name="stem_null",
        kind="audio",
        layer="mix",
        required=True,
        weight=2.0,
        judge=judge,
        description="The stems add up to the mix.",
    ),
)
