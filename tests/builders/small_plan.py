"""The smallest plan, and a sound to aim at with round figures."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.score.plan import Plan, Section
from aurax.score.production import ProductionProfile, SpectrumTarget
from aurax.score.time import Meter

SPECTRUM = SpectrumTarget(
    peak_hz=70,
    slope_100_1k_db_per_octave=-5,
    slope_1k_5k_db_per_octave=-4,
    slope_5k_15k_db_per_octave=-6.5,
    low_over_1k_db=16,
)


def production(**changes: object) -> ProductionProfile:
    """A profile without sidechain whose reverb is quiet; any field may be another."""
    fields: dict[str, object] = {
        "role_level_lu": {},
        "sidechain_bass_db": 0.0,
        "sidechain_pad_db": 0.0,
        "sidechain_release_s": 0.1,
        "reverb_return_lu": -20.0,
        "reverb_s": 1.0,
        "spectrum": SPECTRUM,
    }
    return ProductionProfile.model_validate(fields | changes)


def sections(*bars: int, names: Sequence[str] = ("verse",), parts: tuple[str, ...] = ()) -> tuple[Section, ...]:
    """Sections one after the other, at energy 5.

    Args:
        bars: of each.
        names: taken in turn.
        parts: that play in all of them.
    """
    starts = [sum(bars[:index]) for index in range(len(bars))]
    return tuple(
        Section(name=names[index % len(names)], start_bar=start, bars=bars[index], energy=5, parts=parts)
        for index, start in enumerate(starts)
    )


def small_plan(**changes: object) -> Plan:
    """Eight bars in C minor at 120 BPM (a tick is 25 frames) and a tail of 1 s; any field may be another."""
    fields: dict[str, object] = {
        "title": "Test",
        "style": "test",
        "tonic": "C",
        "mode": "minor",
        "tempo_bpm": 120.0,
        "meter": Meter(),
        "seed": 1,
        "sections": sections(8),
        "parts": (),
        "chords": (),
        "tail_s": 1.0,
        "production": production(),
    }
    return Plan.model_validate(fields | changes)
