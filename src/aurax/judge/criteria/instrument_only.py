"""Wanted instruments only: where a prompt says "solo" or "only", does nothing else play?"""

from __future__ import annotations

from collections.abc import Sequence

from aurax.intent.contract import Requirement
from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.notes import bars_of, tracks_named
from aurax.judge.verdict import Check
from aurax.judge.weights import FIDELITY_WEIGHTS
from aurax.judge.wishes import unmet, wish_of


def judge(evidence: Evidence) -> Sequence[Check]:
    """Look for tracks outside the wanted families and roles."""
    intent, score = evidence.intent, evidence.score
    promises = intent.contract.named("instrument_only")
    if not intent.only_wanted and not promises:
        return []
    promise = promises[0] if promises else None
    wish = wish_of(evidence, promise) if promise is not None else None
    if promise is not None and wish is not None and not wish.is_done:
        return [unmet("instrument_only", "plan", promise, wish)]
    allowed = {track.name for wanted in intent.wanted for track in tracks_named(score, wanted)}
    others = [track for track in score.tracks if track.notes and track.name not in allowed]
    if score.origin == "transcribed":
        # A stem of what is left may hold just the wanted instruments; only stems that name others can be at fault.
        others = [track for track in others if track.families]
    return [
        finding(
            "instrument_only",
            "plan",
            target=f"nothing but {promise.target if promise is not None else ', '.join(intent.wanted)}",
            measured=", ".join(f"{track.name} plays {track.instrument}" for track in others) or "nothing else",
            passed=not others,
            bars={bar for track in others for bar in bars_of(track, score.plan)},
            stem=others[0].name if others else None,
            promise=promise or Requirement(criterion="instrument_only", target="", quote="only"),
        )
    ]


CRITERIA = (
    Criterion(
        name="instrument_only",
        kind="contract",
        layer="plan",
        required=True,
        weight=FIDELITY_WEIGHTS["instrument_only"],
        judge=judge,
        description='Where "only" or "solo" was asked for, nothing else plays.',
    ),
)
