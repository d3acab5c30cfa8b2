"""Spectral balance: the long-term spectrum falls the way the style's does."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.audio.spectrum import mean_density_db, slope_db_per_octave
from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.verdict import Check
from aurax.score.role import Role

_LOW_ROLES: frozenset[Role] = frozenset({"drums", "kick", "bass"})
_HIGH_ROLES: frozenset[Role] = frozenset({"drums", "snare", "hat", "perc", "texture"})
"""Who fills the ends of the spectrum."""


def judge(evidence: Evidence) -> Sequence[Check]:
    """Compare three slopes and the weight of the lows with the profile's target.

    The profile's tolerance holds for levels; a slope's is that tolerance over the width of its band. The targets are
    those of full arrangements: more percussion means more bass and more treble, which explains most of the variance
    between genres. Songs without kick and bass may have less low end, songs without drums and noise less treble; how
    little is left to `brightness`.

    Source: docs/facts/mix.md#spectrum.
    """
    sound = evidence.sound
    if sound is None or sound.is_silent:
        return []
    target = evidence.sound_aim.spectrum
    frequencies, density = sound.spectrum
    lows = mean_density_db(frequencies, density, 40.0, 100.0) - mean_density_db(frequencies, density, 891.0, 1122.0)
    tilt = target.tolerance_db / 2.0
    roles = {track.role for track in evidence.score.tracks if track.notes}
    low, high = bool(roles & _LOW_ROLES), bool(roles & _HIGH_ROLES)
    rows = (
        ("100_1k", target.slope_100_1k_db_per_octave, slope_db_per_octave(frequencies, density, 100.0, 1000.0), tilt,
         low, True),
        ("1k_5k", target.slope_1k_5k_db_per_octave, slope_db_per_octave(frequencies, density, 1000.0, 5000.0), tilt,
         True, True),
        ("5k_15k", target.slope_5k_15k_db_per_octave, slope_db_per_octave(frequencies, density, 5000.0, 15000.0),
         2.0 * tilt, True, high),
        ("lows", target.low_over_1k_db, lows, 2.0 * target.tolerance_db, True, low),
    )  # fmt: skip
    return [
        finding(
            f"spectral_balance:{name}",
            "mix",
            low=wanted - tolerance if below else None,
            high=wanted + tolerance if above else None,
            measured=measured,
            unit="db" if name == "lows" else "db_per_octave",
        )
        for name, wanted, measured, tolerance, above, below in rows
    ]


CRITERIA = (
    Criterion(
        name="spectral_balance",
        kind="audio",
        layer="mix",
        required=False,
        weight=2.0,
        judge=judge,
        description="The spectrum falls the way the style's does.",
    ),
)
