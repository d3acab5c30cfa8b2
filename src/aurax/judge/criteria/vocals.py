"""Vocals: does somebody sing where that was asked for, and nobody where it was refused?"""

from __future__ import annotations

from collections.abc import Sequence

from aurax.intent.contract import Requirement
from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.notes import bars_of
from aurax.judge.verdict import Check
from aurax.judge.weights import FIDELITY_WEIGHTS
from aurax.judge.wishes import asked_words, wish_of
from aurax.score.score import Score, Track

_VOICES = frozenset({"vocals", "voice", "vocal", "singing", "rap"})
"""Families of instruments and stems that are voices; a pad that sounds like a choir is none."""


def judge(evidence: Evidence) -> Sequence[Check]:
    """Look for tracks of voices.

    In generated audio only a stem of voices tells that somebody sings; where the separator gave none, an asked-for or
    refused voice is not judged.
    """
    voices = [track for track in evidence.score.tracks if track.notes and _VOICES.intersection(track.families)]
    if evidence.score.origin == "transcribed" and not voices:
        return []
    return [_judge_one(evidence, promise, voices) for promise in evidence.intent.contract.named("vocals")]


def _judge_one(evidence: Evidence, promise: Requirement, voices: Sequence[Track]) -> Check:
    wish = wish_of(evidence, promise)
    refused = wish.refused if wish is not None else str(promise.target) in ("none", "no vocals", "instrumental")
    return finding(
        f"vocals:{promise.target}",
        "plan",
        target=asked_words(promise, wish),
        measured=f"{voices[0].name} sings" if voices else "nobody sings",
        passed=bool(voices) != refused,
        note="" if wish is None or wish.is_done else wish.reason,
        bars=_bars(evidence.score, voices),
        stem=voices[0].name if voices else None,
        promise=promise,
        credit=wish.nearness if wish is not None and wish.fate == "substituted" else 0.0,
        curable=refused,
    )


def _bars(score: Score, voices: Sequence[Track]) -> set[int]:
    return {bar for track in voices for bar in bars_of(track, score.plan)}


CRITERIA = (
    Criterion(
        name="vocals",
        kind="contract",
        layer="plan",
        required=True,
        weight=FIDELITY_WEIGHTS["vocals"],
        judge=judge,
        description="Somebody sings where that was asked for, nobody where it was refused.",
    ),
)
