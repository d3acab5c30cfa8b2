"""Stems in stereo: no stem is out of phase with itself."""

from __future__ import annotations

import math
from collections.abc import Sequence

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.verdict import Check

_LEAST = 0.0
"""A delay between the channels gave −0.19, which vanishes in mono (docs/facts/mix.md#stereo-width)."""


def judge(evidence: Evidence) -> Sequence[Check]:
    """Correlation of each audible stem; one check for all, naming the worst."""
    audible = {name: stem for name, stem in evidence.stems.items() if math.isfinite(stem.integrated_lufs)}
    if not audible:
        return []
    worst = min(audible, key=lambda name: (audible[name].correlation, name))
    value = audible[worst].correlation
    return [
        finding(
            "stem_correlation",
            "mix",
            low=_LEAST,
            measured=value,
            unit="correlation",
            stem=worst,
        )
    ]


CRITERIA = (
    Criterion(
        name="stem_correlation",
        kind="audio",
        layer="mix",
        required=True,
        weight=1.5,
        judge=judge,
        description="No stem cancels itself in mono.",
    ),
)
