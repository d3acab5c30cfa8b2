"""Silence: no hole of more than a bar inside the song."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.notes import planned_rests
from aurax.judge.verdict import Check

_SILENT_LUFS = -60.0
_HOP_S = 0.1


def judge(evidence: Evidence) -> Sequence[Check]:
    """Look for stretches longer than one bar below −60 LUFS before the last bar ends, planned rests aside."""
    sound = evidence.sound
    if sound is None:
        return []
    plan = evidence.score.plan
    hop_lufs = sound.hop_lufs[: max(1, round(plan.grid.bars_to_s(plan.bars) / _HOP_S))]
    rests = planned_rests(plan)
    longest, run_start, worst = 0, 0, 0
    for hop in range(len(hop_lufs) + 1):
        silent = hop < len(hop_lufs) and hop_lufs[hop] < _SILENT_LUFS and _bar(evidence, hop) not in rests
        if silent:
            continue
        if hop - run_start > longest:
            longest, worst = hop - run_start, run_start
        run_start = hop + 1
    gap_s = longest * _HOP_S if len(hop_lufs) else sound.waveform.duration_s
    passed = bool(len(hop_lufs)) and gap_s <= plan.grid.bar_s and not sound.is_silent
    return [
        finding(
            "silence",
            "score",
            high=plan.grid.bar_s,
            measured=gap_s,
            unit="s",
            note="without a sound",
            passed=passed,
            bars={_bar(evidence, worst), _bar(evidence, worst + max(0, longest - 1))},
        )
    ]


def _bar(evidence: Evidence, hop: int) -> int:
    plan = evidence.score.plan
    return min(plan.bars - 1, plan.grid.ticks_to_bar(plan.grid.s_to_ticks((hop + 0.5) * _HOP_S)))


CRITERIA = (
    Criterion(
        name="silence",
        kind="audio",
        layer="score",
        required=True,
        weight=2.0,
        judge=judge,
        description="No hole of more than a bar.",
    ),
)
