"""Wanted instruments: does each play, and can it be heard?"""

from __future__ import annotations

from collections.abc import Sequence

from aurax.intent.contract import Requirement
from aurax.intent.wish import Wish
from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.notes import BED_ROLES, bars_of, below_mix_lu, tracks_named
from aurax.judge.verdict import Check
from aurax.judge.weights import FIDELITY_WEIGHTS
from aurax.judge.wishes import unmet, wish_of
from aurax.score.role import ROLES
from aurax.score.score import Score, Track

_INSTRUMENT_FLOOR_LU = -30.0
_BED_FLOOR_LU = -48.0
"""Noise beds are 45 to 50 dB below the music on records and tapes (docs/facts/sound.md#colour-and-noise-beds)."""
_LEAST_BAR_SHARE = 0.08
_SEPARATED = frozenset({"drums", "drum", "beat", "beats", "percussion", "bass", "bassline", "sub bass"})
"""What every separator gives a stem to; a piano may be heard in the stem of all the rest."""


def judge(evidence: Evidence) -> Sequence[Check]:
    """Find who plays each wanted family or role, count their bars, and compare their stems with the mix.

    What was asked for must be among the families of the instrument that plays. Something else in its place fails, with
    its nearness as credit if it is heard: no take can install an instrument, but a fader can bring up a stand-in.
    """
    promises = evidence.intent.contract.named("instrument_present")
    return [_judge_one(evidence, one) for one in promises if _can_be_told(evidence.score, one)]


def _can_be_told(score: Score, promise: Requirement) -> bool:
    """Whether the tracks show if an instrument plays: separated audio has stems of its own only for few."""
    wanted = str(promise.target)
    return score.origin == "composed" or wanted in _SEPARATED or bool(tracks_named(score, wanted))


def _judge_one(evidence: Evidence, promise: Requirement) -> Check:
    wanted, wish = str(promise.target), wish_of(evidence, promise)
    tracks = _sounding(evidence.score, wanted)
    if not tracks and wish is not None and wish.is_done:
        tracks = _part(evidence, promise)
    if tracks or wish is None or wish.is_done or evidence.score.origin == "transcribed":
        return _presence(evidence, promise, tracks)
    if wish.fate != "substituted":
        return unmet(f"instrument_present:{wanted}", "plan", promise, wish)
    heard = _presence(evidence, promise, _stand_ins(evidence, promise, wish))
    if not heard.passed:
        return heard
    return heard.model_copy(
        update={
            "measured": wish.substitute,
            "low": None,
            "unit": "",
            "note": wish.reason,
            "passed": False,
            "credit": wish.nearness,
            "curable": False,
        }
    )


def _sounding(score: Score, word: str) -> tuple[Track, ...]:
    return tuple(track for track in tracks_named(score, word) if track.notes)


def _part(evidence: Evidence, promise: Requirement) -> tuple[Track, ...]:
    """Tracks of the part that was asked for by another name, such as the lead for a melody."""
    words = [promise.played_by] if promise.played_by else [word for word in evidence.intent.wanted if word in ROLES]
    return tuple(track for word in words for track in _sounding(evidence.score, word))


def _stand_ins(evidence: Evidence, promise: Requirement, wish: Wish) -> tuple[Track, ...]:
    """Tracks that play in its place: those that the contract or the wish names, else those of any wish."""
    named = (promise.played_by, wish.substitute, wish.substitute.replace(" ", "-"))
    tracks = tuple(track for word in named if word for track in _sounding(evidence.score, word))
    return tracks or tuple(track for word in evidence.intent.wanted for track in _sounding(evidence.score, word))


def _presence(evidence: Evidence, promise: Requirement, tracks: Sequence[Track]) -> Check:
    """Whether tracks play enough and are heard."""
    wanted = str(promise.target)
    name = f"instrument_present:{wanted}"
    if not tracks:
        return finding(
            name, "plan", target=wanted, measured="nothing", passed=False, note="no track plays it", promise=promise
        )
    least = _least_bars(tracks, evidence.score)
    bars = {bar for track in tracks for bar in bars_of(track, evidence.score.plan)}
    if not _plays_enough(tracks, evidence.score, least):
        return finding(
            name, "score", target=wanted, low=least, measured=len(bars), unit="bars", passed=False, bars=bars,
            promise=promise,
        )  # fmt: skip
    if not evidence.stems:
        return finding(
            name, "plan", target=wanted, measured=tracks[0].instrument, passed=True, note=f"plays {tracks[0].name}",
            promise=promise,
        )  # fmt: skip
    levels = {track.name: below_mix_lu(evidence.stems, track.name) for track in tracks}
    loudest = max(tracks, key=lambda track: levels[track.name])
    floor = _BED_FLOOR_LU if loudest.role in BED_ROLES else _INSTRUMENT_FLOOR_LU
    return finding(
        name,
        "mix",
        target=wanted,
        low=floor,
        measured=levels[loudest.name],
        unit="lu",
        note="against the mix",
        stem=loudest.name,
        promise=promise,
    )


def _least_bars(tracks: Sequence[Track], score: Score) -> float:
    """How many bars an instrument must play in; beds and effects need one note."""
    return 0.0 if any(track.role in BED_ROLES for track in tracks) else max(1.0, _LEAST_BAR_SHARE * score.plan.bars)


def _plays_enough(tracks: Sequence[Track], score: Score, least: float) -> bool:
    """Whether it plays in bars enough; held notes count with their length."""
    ticks = sum(note.duration_ticks for track in tracks for note in track.notes)
    bars = {bar for track in tracks for bar in bars_of(track, score.plan)}
    return len(bars) >= least or ticks >= least * score.plan.grid.meter.ticks_per_bar


CRITERIA = (
    Criterion(
        name="instrument_present",
        kind="contract",
        layer="plan",
        required=True,
        weight=FIDELITY_WEIGHTS["instrument_present"],
        judge=judge,
        description="Every instrument that was asked for plays and is heard.",
    ),
)
