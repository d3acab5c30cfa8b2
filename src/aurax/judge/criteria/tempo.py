"""Tempo: does the song beat at the tempo that was asked for, or else planned? Heard from the audio."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.intent.contract import Requirement
from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.onsets import heard_tempo_bpm
from aurax.judge.verdict import Check
from aurax.judge.weights import FIDELITY_WEIGHTS
from aurax.judge.wishes import split_promises

_TOLERANCE_BPM = 1.0


def judge(evidence: Evidence) -> Sequence[Check]:
    """Compare the heard tempo, or the notes' own grid where there are too few onsets, with the promise."""
    planned = evidence.score.plan.tempo_bpm
    checks, promises = split_promises(evidence, "tempo", "plan")
    promised: Sequence[Requirement | None] = promises or (None,)
    heard = None
    if evidence.sound is not None and any(len(track.notes) >= 8 for track in evidence.score.tracks):
        envelope, rate_hz = evidence.sound.onsets
        heard = heard_tempo_bpm(envelope, rate_hz, planned)
    bpm = planned if heard is None else heard
    note = "from the notes" if evidence.sound is None else "from the notes; too few onsets"
    for promise in promised:
        target, tolerance = (planned, _TOLERANCE_BPM) if promise is None else (float(promise.target), promise.tolerance)
        checks.append(
            finding(
                "tempo",
                "plan",
                low=target - tolerance,
                high=target + tolerance,
                measured=bpm,
                unit="bpm",
                note="" if heard is not None else note,
                promise=promise,
            )
        )
    return checks


CRITERIA = (
    Criterion(
        name="tempo",
        kind="contract",
        layer="plan",
        required=True,
        weight=FIDELITY_WEIGHTS["tempo"],
        judge=judge,
        description="The song beats at the tempo that was asked for.",
    ),
)
