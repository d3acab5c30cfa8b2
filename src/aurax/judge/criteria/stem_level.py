"""Balance: every stem as loud as its role is in this style."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.notes import BED_ROLES, below_mix_lu
from aurax.judge.verdict import Check

_TOLERANCE_LU = 5.0
"""The profile's levels hold for the loudest section, this one for the whole song; they differ by up to 3 LU."""


def judge(evidence: Evidence) -> Sequence[Check]:
    """Compare each audible stem with the profile's level of its role; effects and noise beds come and go freely."""
    levels = evidence.sound_aim.role_level_lu
    checks = []
    for track in evidence.score.tracks:
        target = levels.get(track.role)
        if target is None or track.role in BED_ROLES or track.name not in evidence.stems:
            continue
        level = below_mix_lu(evidence.stems, track.name)
        target += evidence.asked.stem_db.get(track.name, 0.0)
        low, high = target - _TOLERANCE_LU, target + _TOLERANCE_LU
        checks.append(
            finding(
                f"stem_level:{track.name}",
                "mix",
                low=low,
                high=high,
                measured=level,
                unit="lu",
                note="against the mix",
                stem=track.name,
            )
        )
    return checks


CRITERIA = (
    Criterion(
        name="stem_level",
        kind="audio",
        layer="mix",
        required=False,
        weight=1.5,
        judge=judge,
        description="Every stem is as loud as its role asks for.",
    ),
)
