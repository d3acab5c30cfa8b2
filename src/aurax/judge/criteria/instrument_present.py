"""Wanted instruments: does each play, and can it be heard?"""

from __future__ import annotations

from collections.abc import Sequence

from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.notes import BED_ROLES, bars_of, below_mix_lu, tracks_named
from aurax.judge.verdict import Check
from aurax.score.score import Score, Track

_INSTRUMENT_FLOOR_LU = -30.0
_BED_FLOOR_LU = -48.0
"""Noise beds lie 45 to 50 dB below the music on vinyl and rain recordings (production facts, section 4)."""
_LEAST_BAR_SHARE = 0.08
_SEPARATED = frozenset({"drums", "drum", "beat", "beats", "percussion", "bass", "bassline", "sub bass"})
"""What every separator gives a stem to; a piano may be heard in the stem of all the rest."""


def judge(evidence: Evidence) -> Sequence[Check]:
    """Find tracks of each wanted family or role, count their bars, and compare their stems with the mix."""
    wanted = (str(one.target) for one in evidence.intent.contract.named("instrument_present"))
    return [_judge_one(evidence, one) for one in wanted if _can_be_told(evidence.score, one)]


def _can_be_told(score: Score, wanted: str) -> bool:
    """Whether the tracks show if an instrument plays: separated audio has stems of its own only for few."""
    return score.origin == "composed" or wanted in _SEPARATED or bool(tracks_named(score, wanted))


def _judge_one(evidence: Evidence, wanted: str) -> Check:
    tracks = [track for track in tracks_named(evidence.score, wanted) if track.notes]
    name = f"instrument_present:{wanted}"
    expected = f"{wanted} plays and is heard"
    if not tracks:
        return finding(name, "plan", expected=expected, measured="no track plays it", passed=False)
    if not _plays_enough(tracks, evidence.score):
        bars = {bar for track in tracks for bar in bars_of(track, evidence.score.plan)}
        measured = f"plays in {len(bars)} of {evidence.score.plan.bars} bars"
        return finding(name, "score", expected=expected, measured=measured, passed=False, bars=bars)
    if not evidence.stems:
        return finding(name, "plan", expected=expected, measured=f"{tracks[0].name} plays it", passed=True)
    levels = {track.name: below_mix_lu(evidence.stems, track.name) for track in tracks}
    loudest = max(tracks, key=lambda track: levels[track.name])
    floor = _BED_FLOOR_LU if loudest.role in BED_ROLES else _INSTRUMENT_FLOOR_LU
    level = levels[loudest.name]
    heard = level >= floor
    return finding(
        name,
        "mix",
        expected=f"at least {floor:g} LU against the mix",
        measured=level,
        passed=heard,
        stem=loudest.name,
    )


def _plays_enough(tracks: Sequence[Track], score: Score) -> bool:
    """Beds and effects need one note; instruments a share of the bars, counting held notes."""
    if any(track.role in BED_ROLES for track in tracks):
        return True
    grid = score.plan.grid
    ticks = sum(note.duration_ticks for track in tracks for note in track.notes)
    bars = {bar for track in tracks for bar in bars_of(track, score.plan)}
    least = max(1.0, _LEAST_BAR_SHARE * score.plan.bars)
    return len(bars) >= least or ticks >= least * grid.meter.ticks_per_bar


CRITERIA = (
    Criterion(
        name="instrument_present",
        kind="contract",
        layer="plan",
        required=True,
        weight=4.0,
        judge=judge,
        description="Every instrument that was asked for plays and is heard.",
    ),
)
