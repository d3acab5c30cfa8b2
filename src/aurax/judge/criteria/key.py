"""Key: do the notes and the sound agree with the key that was asked for?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.notes import pitched_tracks, timed_notes
from aurax.judge.verdict import Check
from aurax.judge.weights import FIDELITY_WEIGHTS
from aurax.judge.wishes import split_promises
from aurax.score.key import MODES, PITCH_CLASSES, Key
from aurax.score.score import Score

_LEAST_IN_KEY = 0.85
_LEAST_LEAD = -0.05
"""How far another tonic's template may fit better: borrowed chords pull toward neighbours."""
_BASS_WEIGHT = 2.0
_BEST_TRANSPOSITIONS = 2
"""The audio must put the key's pitch classes first or second among the twelve transpositions; neighbours by a fifth
share six of seven notes."""


def judge(evidence: Evidence) -> Sequence[Check]:
    """Weigh pitch classes by duration against the key's template and its transpositions; check the master's chroma."""
    checks, promises = split_promises(evidence, "key", "plan")
    plan = evidence.score.plan
    for promise in promises:
        asked = _asked_key(str(promise.target), plan.key)
        named = asked == plan.key or _same(asked, plan.key)
        profile = pitch_class_profile(evidence.score)
        share = float(profile[list(asked.pitch_classes)].sum()) if profile.any() else 0.0
        heard = _heard_rank(evidence, asked)
        checks.append(
            finding(
                "key",
                "plan",
                target=str(promise.target),
                measured=str(plan.key),
                note=f"{share:.0%} of the notes fit, "
                + ("the audio was not needed" if heard is None else f"the audio ranks it {heard} of 12"),
                promise=promise,
                passed=named
                # Notes that were heard in the audio prove nothing that the audio itself does not.
                and (evidence.score.origin == "transcribed" or fits_key(evidence.score, asked))
                and (heard is None or heard <= _BEST_TRANSPOSITIONS),
            )
        )
    return checks


def pitch_class_profile(score: Score) -> NDArray[np.float64]:
    """Share of sounding time of each pitch class over all pitched tracks; zeros without notes.

    The bass counts twice: the ear takes a chord's root from it, and a rootless minor ninth has the very notes of the
    major seventh a third above.
    """
    profile = np.zeros(12)
    for track, note in timed_notes(pitched_tracks(score)):
        profile[note.pitch % 12] += note.duration_ticks * (_BASS_WEIGHT if track.role == "bass" else 1.0)
    total = profile.sum()
    return profile / total if total > 0.0 else profile


def fits_key(score: Score, key: Key) -> bool:
    """Whether notes alone show a key: enough of them are in it, and no other tonic fits much better."""
    profile = pitch_class_profile(score)
    share = float(profile[list(key.pitch_classes)].sum()) if profile.any() else 0.0
    return share >= _LEAST_IN_KEY and _template_lead(profile, key) >= _LEAST_LEAD


def _asked_key(target: str, planned: Key) -> Key:
    """`"F# minor"`, `"F#"` (any mode) or `"minor"` (any tonic), completed from the plan."""
    if target in MODES:
        return Key(planned.tonic, target)
    if target in PITCH_CLASSES:
        return Key(target, planned.mode)
    return Key.parse(target)


def _same(one: Key, other: Key) -> bool:
    return one.tonic_pitch_class == other.tonic_pitch_class and one.mode == other.mode


def _template_lead(profile: NDArray[np.float64], key: Key) -> float:
    """How much better the key's template fits than the best other tonic of the same mode (correlations)."""
    if not profile.any():
        return -1.0
    template = np.full(12, 1.0)
    for degree, pitch_class in enumerate(MODES[key.mode]):
        template[pitch_class] = {0: 6.0, 2: 4.5, 4: 4.5}.get(degree, 3.0)
    fits = [float(np.corrcoef(profile, np.roll(template, tonic))[0, 1]) for tonic in range(12)]
    own = fits.pop(key.tonic_pitch_class)
    return own - max(fits)


def _heard_rank(evidence: Evidence, key: Key) -> int | None:
    """Place of the key's pitch classes among all transpositions, by the master's chroma; None without tones to hear."""
    if evidence.sound is None or not pitched_tracks(evidence.score) or not evidence.sound.chroma.any():
        return None
    shares = evidence.sound.chroma
    steps = np.asarray(MODES[key.mode])
    sums = [float(shares[(steps + tonic) % 12].sum()) for tonic in range(12)]
    return 1 + sum(other > sums[key.tonic_pitch_class] for other in sums)


CRITERIA = (
    Criterion(
        name="key",
        kind="contract",
        layer="plan",
        required=True,
        weight=FIDELITY_WEIGHTS["key"],
        judge=judge,
        description="Notes and sound are in the key that was asked for.",
    ),
)
