"""Adjustments: how the knobs of the mix answer a check that failed.

An adjustment reads one failed check and moves one knob by as much as the fault is large, within bounds. What no knob
can change is not listed here; the policy then asks for other notes.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from aurax.judge.verdict import Check
from aurax.mix.settings import MixSettings
from aurax.score.asked import AskedSound

Adjustment = Callable[[float, Check, MixSettings], MixSettings]
"""Takes how far the check missed, the check and the settings; returns changed settings."""

TONE_LIMIT_DB = 6.0
"""A master never needs more tone correction than this; beyond it the notes or the sounds are at fault."""
STEM_LIMIT_DB = 9.0
GLUE_LIMITS = (1.0, 4.0)
WIDTH_LIMITS_PERCENT = (40.0, 150.0)
WIDTH_STEP_PERCENT = 25.0
RANGE_SLACK_LU = 1.5
_SMALLEST_STEP_DB = 0.5
_CLEARLY_DB = 1.0
_TONE_STRENGTH = 0.7
"""Tone is corrected a little less than it missed: the master's own correction already pulls the same way."""
_MASTER_KNOBS = frozenset({"low_trim_db", "high_trim_db", "glue_ratio", "low_db", "high_db", "compression_db"})


def adjust(check: Check, settings: MixSettings) -> MixSettings:
    """Answer one failed check; returns the same settings if no knob can."""
    name, _, _ = check.name.partition(":")
    answer, missed = ADJUSTMENTS.get(check.name) or ADJUSTMENTS.get(name), check.excess
    return answer(missed, check, settings) if answer and missed else settings


def needs_new_mix(before: MixSettings, after: MixSettings) -> bool:
    """Whether a change moves knobs of the mix, so that mastering the old mix again is not enough."""
    moved = {name for name in MixSettings.model_fields if getattr(before, name) != getattr(after, name)}
    if "asked" in moved:
        moved = moved - {"asked"} | {
            name for name in AskedSound.model_fields if getattr(before.asked, name) != getattr(after.asked, name)
        }
    return not moved <= _MASTER_KNOBS


def safer_settings(settings: MixSettings) -> MixSettings:
    """What to try when mastering failed: less bass for the limiter to fight, less glue, no extra width."""
    return settings.model_copy(
        update={
            "low_trim_db": _within(settings.low_trim_db - 1.5, TONE_LIMIT_DB),
            "glue_ratio": max(GLUE_LIMITS[0], round(settings.glue_ratio - 0.3, 3)),
            "width_percent": min(settings.width_percent, 90.0),
        }
    )


def _low_tone(missed: float, _check: Check, settings: MixSettings) -> MixSettings:
    return _move(settings, "low_trim_db", -_TONE_STRENGTH * missed)


def _high_tone(missed: float, _check: Check, settings: MixSettings) -> MixSettings:
    return _move(settings, "high_trim_db", -_TONE_STRENGTH * missed)


def _low_slope(missed: float, check: Check, settings: MixSettings) -> MixSettings:
    # Between 100 Hz and 1 kHz lie 3.3 octaves; a shelf at the lower end tilts them. Flatter means too little low end.
    return _move(settings, "low_trim_db", _TONE_STRENGTH * 3.3 / 2 * _from_middle(missed, check))


def _high_slope(missed: float, check: Check, settings: MixSettings) -> MixSettings:
    # Between 5 and 15 kHz lie 1.6 octaves; flatter means too much air.
    return _move(settings, "high_trim_db", -_TONE_STRENGTH * 1.6 / 2 * _from_middle(missed, check))


def _range_glue(missed: float, check: Check, settings: MixSettings) -> MixSettings:
    # The bounds have slack on both sides; the next take is to lie inside it.
    return _more_glue(missed + math.copysign(RANGE_SLACK_LU, missed), check, settings)


def _more_glue(missed: float, _check: Check, settings: MixSettings) -> MixSettings:
    low, high = GLUE_LIMITS
    step = max(-1.0, min(1.0, 0.25 * missed))
    return settings.model_copy(update={"glue_ratio": max(low, min(high, round(settings.glue_ratio + step, 3)))})


def _stem_level(missed: float, check: Check, settings: MixSettings) -> MixSettings:
    stem = check.where.stem or check.name.partition(":")[2]
    if not stem:
        return settings
    trims = dict(settings.stem_trim_db)
    trims[stem] = _within(round(trims.get(stem, 0.0) - missed, 2), STEM_LIMIT_DB)
    return settings.model_copy(update={"stem_trim_db": trims})


def _audible(missed: float, check: Check, settings: MixSettings) -> MixSettings:
    if check.unit != "lu":
        return settings  # it plays in too few bars, which no fader changes
    # A little above the threshold, so that the next mix does not miss it again by a hair.
    return _stem_level(missed - _CLEARLY_DB, check, settings)


def _narrower(_missed: float, _check: Check, settings: MixSettings) -> MixSettings:
    return _widen(settings, -WIDTH_STEP_PERCENT)


def _correlation(missed: float, _check: Check, settings: MixSettings) -> MixSettings:
    return _widen(settings, WIDTH_STEP_PERCENT if missed > 0 else -WIDTH_STEP_PERCENT)


def _widen(settings: MixSettings, step_percent: float) -> MixSettings:
    low, high = WIDTH_LIMITS_PERCENT
    return settings.model_copy(update={"width_percent": max(low, min(high, settings.width_percent + step_percent))})


def _low_weight(missed: float, check: Check, settings: MixSettings) -> MixSettings:
    return _low_tone(_from_middle(missed, check), check, settings)


def _from_middle(missed: float, check: Check) -> float:
    """How far a spectrum is from the style's: tone is corrected toward the middle of its bounds, where it has two."""
    if check.low is None or check.high is None:
        return missed
    return missed + math.copysign((check.high - check.low) / 2, missed)


def _move(settings: MixSettings, knob: str, step_db: float) -> MixSettings:
    step = max(_SMALLEST_STEP_DB, abs(step_db)) * (1.0 if step_db > 0 else -1.0)
    return settings.model_copy(update={knob: _within(round(getattr(settings, knob) + step, 2), TONE_LIMIT_DB)})


def _within(value: float, limit: float) -> float:
    return max(-limit, min(limit, value))


ADJUSTMENTS: dict[str, Adjustment] = {
    "brightness": _high_tone,
    "instrument_present": _audible,
    "loudness_consistency:contrast": _more_glue,
    "loudness_consistency:peak": _more_glue,
    "loudness_range": _range_glue,
    "mono_loss": _narrower,
    "spectral_balance:100_1k": _low_slope,
    "spectral_balance:5k_15k": _high_slope,
    "spectral_balance:lows": _low_weight,
    "stem_correlation": _narrower,
    "stem_level": _stem_level,
    "stereo_correlation": _correlation,
    "sub_share": _low_tone,
}
"""Checks, or whole criteria, and the knob that answers them."""
