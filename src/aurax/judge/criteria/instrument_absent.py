"""Refused instruments: does none of them play?"""

from __future__ import annotations

from collections.abc import Sequence

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.notes import bars_of, tracks_named
from aurax.judge.verdict import Check
from aurax.judge.weights import FIDELITY_WEIGHTS
from aurax.judge.wishes import unmet, wish_of


def judge(evidence: Evidence) -> Sequence[Check]:
    """Look for tracks of each refused family or role; `drums` stands for every drum."""
    checks = []
    plan = evidence.score.plan
    for promise in evidence.intent.contract.named("instrument_absent"):
        refused, wish = str(promise.target), wish_of(evidence, promise)
        if wish is not None and not wish.is_done:
            checks.append(unmet(f"instrument_absent:{refused}", "plan", promise, wish))
            continue
        guilty = [track for track in tracks_named(evidence.score, refused) if track.notes]
        checks.append(
            finding(
                f"instrument_absent:{refused}",
                "plan",
                target=f"no {refused}",
                measured=", ".join(f"{track.name} plays {track.instrument}" for track in guilty) or "none plays",
                passed=not guilty,
                promise=promise,
                bars={bar for track in guilty for bar in bars_of(track, plan)},
                stem=guilty[0].name if guilty else None,
            )
        )
    return checks


CRITERIA = (
    Criterion(
        name="instrument_absent",
        kind="contract",
        layer="plan",
        required=True,
        weight=FIDELITY_WEIGHTS["instrument_absent"],
        judge=judge,
        description="No instrument that was refused plays.",
    ),
)
