"""The contract: an Intent's promises as requirements that a judge can measure."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.intent.contract import Contract, Requirement
from aurax.intent.phrases import Found
from aurax.score.time import Meter

DEFAULT_LUFS = -14.0
"""Integrated loudness where none is asked for; that of streaming (docs/facts/mix.md#loudness-and-limiter)."""

LUFS_TOLERANCE = 0.3
CEILING_DBTP = -1.0


def compile_contract(
    *,
    tempo: Found[float] | None,
    tempo_tolerance_bpm: float,
    key: Found[str] | None,
    meter: Found[Meter] | None,
    duration_s: float,
    duration_quote: str,
    wanted: Sequence[Found[str]],
    unwanted: Sequence[Found[str]],
    loudness: Found[float] | None,
    bars: int | None = None,
    loop: Found[bool] | None = None,
) -> Contract:
    """Write down what a finished song must measurably be.

    Args:
        tempo: asked-for tempo.
        tempo_tolerance_bpm: 1 for a number, more for an Italian term.
        key: asked-for key as `"F# minor"`, `"F#"` (any mode) or `"minor"` (any tonic).
        meter: asked-for meter.
        duration_s: promised to within one bar, unless bars are.
        duration_quote: the words that gave it; empty for a default.
        wanted: families or roles to hear.
        unwanted: families or roles not to hear.
        loudness: asked-for loudness.
        bars: asked-for number of bars, promised exactly instead of `duration_s`.
        loop: asked-for loop, whose seam is promised to be inaudible.
    """
    terms: list[Requirement] = []
    if tempo is not None:
        terms.append(
            Requirement(
                criterion="tempo", target=tempo.value, tolerance=tempo_tolerance_bpm, unit="bpm", quote=tempo.quote
            )
        )
    if key is not None:
        terms.append(Requirement(criterion="key", target=key.value, quote=key.quote))
    if meter is not None:
        terms.append(Requirement(criterion="meter", target=str(meter.value), quote=meter.quote))
    if bars is None:
        length = Requirement(criterion="duration", target=duration_s, tolerance=1.0, unit="bar", quote=duration_quote)
    else:
        length = Requirement(criterion="duration", target=float(bars), unit="bars", quote=duration_quote)
    terms.append(length)
    if loop is not None:
        terms.append(Requirement(criterion="loop_seam", target="seamless", quote=loop.quote))
    terms += [Requirement(criterion="instrument_present", target=one.value, quote=one.quote) for one in wanted]
    terms += [Requirement(criterion="instrument_absent", target=one.value, quote=one.quote) for one in unwanted]
    terms.append(
        Requirement(
            criterion="loudness",
            target=DEFAULT_LUFS if loudness is None else loudness.value,
            tolerance=LUFS_TOLERANCE,
            unit="lufs",
            quote="" if loudness is None else loudness.quote,
        )
    )
    terms.append(Requirement(criterion="true_peak", target=CEILING_DBTP, unit="dbtp"))
    return Contract(requirements=tuple(terms))
