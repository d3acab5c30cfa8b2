"""Loudness over time: no passage jumps out, and energetic sections are louder than calm ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.verdict import Check
from aurax.score.plan import Section
from aurax.score.time import TimeGrid

_LARGEST_JUMP_LU = 6.0
_LEAST_CONTRAST_LU = 1.0
_CONTRAST_ENERGY = 3.0
"""Sections that differ by this much energy must differ audibly."""
_LONGER_THAN_S = 6.0
_WINDOW_S, _HOP_S = 3.0, 0.1


def judge(evidence: Evidence) -> Sequence[Check]:
    """Compare short-term loudness with the whole, and the calmest section with the most energetic one."""
    sound = evidence.sound
    if sound is None or sound.is_silent or sound.waveform.duration_s < 2 * _LONGER_THAN_S:
        return []
    curve = sound.short_term_lufs
    jump = float(curve.max()) - sound.integrated_lufs
    checks = [
        finding(
            "loudness_consistency:peak",
            "mix",
            high=_LARGEST_JUMP_LU,
            measured=jump,
            unit="lu",
            note="the loudest 3 s against the whole",
            bars=[_bar_at(evidence, int(curve.argmax()) * _HOP_S)],
        )
    ]
    grid = evidence.score.plan.grid
    long = [one for one in evidence.score.plan.sections if grid.bars_to_s(one.bars) >= _LONGER_THAN_S]
    if long:
        calm, loud = min(long, key=lambda one: one.energy), max(long, key=lambda one: one.energy)
        if loud.energy - calm.energy >= _CONTRAST_ENERGY:
            contrast = _section_lufs(curve, grid, loud) - _section_lufs(curve, grid, calm)
            checks.append(
                finding(
                    "loudness_consistency:contrast",
                    "mix",
                    low=_LEAST_CONTRAST_LU,
                    measured=contrast,
                    unit="lu",
                    note=f"{loud.name} against {calm.name}",
                    bars=range(loud.start_bar, loud.end_bar),
                )
            )
    return checks


def _bar_at(evidence: Evidence, time_s: float) -> int:
    plan = evidence.score.plan
    return min(plan.bars - 1, plan.grid.ticks_to_bar(plan.grid.s_to_ticks(time_s)))


def _section_lufs(curve: NDArray[np.float64], grid: TimeGrid, section: Section) -> float:
    """Mean short-term loudness of the windows that lie inside a section."""
    first = round(grid.bars_to_s(section.start_bar) / _HOP_S)
    last = round((grid.bars_to_s(section.end_bar) - _WINDOW_S) / _HOP_S)
    windows = np.maximum(curve[first : max(last, first + 1)], -70.0)
    return float(windows.mean()) if windows.size else -70.0


CRITERIA = (
    Criterion(
        name="loudness_consistency",
        kind="audio",
        layer="mix",
        required=False,
        weight=2.0,
        judge=judge,
        description="No passage jumps out, and energetic sections are louder.",
    ),
)
