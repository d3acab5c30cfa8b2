"""Cures: how the knobs of the mix answer a check that failed.

A cure reads one failed check and moves one knob by as much as the fault is large, within bounds. What no knob can
change is not listed here; the policy then asks for other notes.
"""

from __future__ import annotations

from collections.abc import Callable

from aurax.judge.verdict import Check
from aurax.mix.settings import MixSettings

Cure = Callable[[Check, MixSettings], MixSettings]
"""Returns changed settings, or the same ones when the check says nothing that this knob can answer."""

TONE_LIMIT_DB = 6.0
"""A master never needs more tone correction than this; beyond it the score is at fault."""
STEM_LIMIT_DB = 9.0
GLUE_LIMITS = (1.0, 4.0)
WIDTH_LIMITS_PERCENT = (40.0, 140.0)
_SMALLEST_STEP_DB = 0.5
_MASTER_KNOBS = frozenset({"low_trim_db", "high_trim_db", "glue_ratio"})


def cure(check: Check, settings: MixSettings) -> MixSettings:
    """Answer one failed check; returns the same settings if no knob can."""
    answer = CURES.get(check.name.partition(":")[0])
    return answer(check, settings) if answer else settings


def needs_new_mix(before: MixSettings, after: MixSettings) -> bool:
    """Whether a change moves knobs of the mix, so that mastering the old mix anew is not enough."""
    moved = {name for name in MixSettings.model_fields if getattr(before, name) != getattr(after, name)}
    return not moved <= _MASTER_KNOBS


def gentler(settings: MixSettings) -> MixSettings:
    """What to try when mastering failed: less bass for the limiter to fight, less glue, no extra width."""
    return settings.model_copy(
        update={
            "low_trim_db": _within(settings.low_trim_db - 1.5, TONE_LIMIT_DB),
            "glue_ratio": max(GLUE_LIMITS[0], settings.glue_ratio - 0.3),
            "width_percent": min(settings.width_percent, 90.0),
        }
    )


def _low_tone(check: Check, settings: MixSettings) -> MixSettings:
    return _move(settings, "low_trim_db", _excess(check))


def _high_tone(check: Check, settings: MixSettings) -> MixSettings:
    return _move(settings, "high_trim_db", _excess(check))


def _slope(check: Check, settings: MixSettings) -> MixSettings:
    # A slope measured per octave acts over the four octaves above and below 1 kHz that the two shelves divide.
    excess = _excess(check)
    if excess is None:
        return settings
    if "low" in check.name or "100" in check.name:
        return _move(settings, "low_trim_db", -2.0 * excess)
    return _move(settings, "high_trim_db", 2.0 * excess)


def _dynamics(check: Check, settings: MixSettings) -> MixSettings:
    excess = _excess(check)
    if not excess:
        return settings
    low, high = GLUE_LIMITS
    step = max(-1.0, min(1.0, 0.25 * excess))
    return settings.model_copy(update={"glue_ratio": max(low, min(high, round(settings.glue_ratio + step, 3)))})


def _stem_level(check: Check, settings: MixSettings) -> MixSettings:
    excess = _excess(check)
    stem = check.where.stem or check.name.partition(":")[2]
    if not excess or not stem:
        return settings
    trims = dict(settings.stem_trim_db)
    trims[stem] = _within(round(trims.get(stem, 0.0) - excess, 2), STEM_LIMIT_DB)
    return settings.model_copy(update={"stem_trim_db": trims})


def _width(check: Check, settings: MixSettings) -> MixSettings:
    low, high = WIDTH_LIMITS_PERCENT
    narrower = not isinstance(check.measured, float | int) or check.name.startswith(("correlation", "mono"))
    step = -20.0 if narrower else (-20.0 if (_excess(check) or 0.0) > 0 else 20.0)
    return settings.model_copy(update={"width_percent": max(low, min(high, settings.width_percent + step))})


def _reverb(check: Check, settings: MixSettings) -> MixSettings:
    return _move(settings, "reverb_trim_db", _excess(check))


def _move(settings: MixSettings, knob: str, excess_db: float | None) -> MixSettings:
    if not excess_db:
        return settings
    step = max(_SMALLEST_STEP_DB, abs(excess_db)) * (-1.0 if excess_db > 0 else 1.0)
    return settings.model_copy(update={knob: _within(round(getattr(settings, knob) + step, 2), TONE_LIMIT_DB)})


def _excess(check: Check) -> float | None:
    if not isinstance(check.expected, float | int) or not isinstance(check.measured, float | int):
        return None
    return float(check.measured) - float(check.expected)


def _within(value: float, limit: float) -> float:
    return max(-limit, min(limit, value))


CURES: dict[str, Cure] = {
    "sub_share": _low_tone,
    "low_end": _low_tone,
    "brightness": _high_tone,
    "spectral_balance": _slope,
    "loudness_range": _dynamics,
    "stem_level": _stem_level,
    "stereo_width": _width,
    "mono_compatibility": _width,
    "correlation": _width,
    "reverb_level": _reverb,
}
"""Criteria by name and the knob that answers them."""
