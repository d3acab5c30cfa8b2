from __future__ import annotations

import pytest

from aurax.judge.verdict import Check, Where
from aurax.mix.settings import MixSettings
from aurax.produce.adjustments import TONE_LIMIT_DB, adjust, needs_new_mix, safer_settings


def failed(
    name: str, low: float | None, high: float | None, measured: float | str | None, stem: str | None = None,
    unit: str = "lu",
) -> Check:  # fmt: skip
    return Check(
        name=name, layer="mix", low=low, high=high, measured=measured, unit=unit, passed=False, where=Where(stem=stem)
    )


@pytest.mark.parametrize(
    ("low", "high", "measured", "missed"),
    [
        (-14.0, -14.0, -12.0, 2.0),
        (-14.0, -5.0, -3.0, 2.0),
        (-14.0, -5.0, -16.5, -2.5),
        (-14.0, -5.0, -9.0, 0.0),
        (None, 2.0, 3.0, 1.0),
        (None, 6.0, 5.0, 0.0),
        (1.0, None, 0.25, -0.75),
        (None, None, 3.0, None),
        (None, 2.0, "silence", None),
        (None, 2.0, None, None),
    ],
)
def test_how_far_a_check_missed_is_the_way_to_the_nearer_bound(
    low: float | None, high: float | None, measured: float | str | None, missed: float | None
) -> None:
    assert failed("any", low, high, measured).excess == missed


@pytest.mark.parametrize(
    ("check", "knob", "value"),
    [
        (failed("sub_share", -14, -5, -3.0), "low_trim_db", -1.4),
        (failed("sub_share", -14, -5, -16.0), "low_trim_db", 1.4),
        (failed("sub_share", -14, -5, -4.9), "low_trim_db", -0.5),
        (failed("brightness", -38, -14, -44.0), "high_trim_db", 4.2),
        (failed("spectral_balance:5k_15k", -17, -11, -24.0), "high_trim_db", 5.6),
        (failed("spectral_balance:5k_15k", -17, None, -27.0), "high_trim_db", 5.6),
        (failed("spectral_balance:100_1k", -6.5, -3.5, -7.0), "low_trim_db", -2.31),
        (failed("spectral_balance:lows", 11.5, 23.5, 40.0), "low_trim_db", -TONE_LIMIT_DB),
        (failed("loudness_range", 2.5, 9.5, 10.0), "glue_ratio", 2.2),
        (failed("loudness_range", 2.5, 9.5, 2.0), "glue_ratio", 1.2),
        (failed("loudness_consistency:contrast", 1, None, 0.0), "glue_ratio", 1.45),
        (failed("mono_loss", None, 2, 3.0), "width_percent", 75.0),
        (failed("stereo_correlation", 0.2, 0.97, 0.1), "width_percent", 75.0),
        (failed("stereo_correlation", 0.2, 0.97, 0.99), "width_percent", 125.0),
        (failed("instrument_present:piano", -30, None, -34.0, stem="chords"), "stem_trim_db", {"chords": 5.0}),
        (failed("stem_level", -1, 0, 3.0, stem="bass"), "stem_trim_db", {"bass": -3.0}),
    ],
)
def test_each_fault_moves_its_knob_against_the_fault(check: Check, knob: str, value: object) -> None:
    adjusted = adjust(check, MixSettings())
    assert getattr(adjusted, knob) == pytest.approx(value)
    assert adjusted.model_copy(update={knob: getattr(MixSettings(), knob)}) == MixSettings()


@pytest.mark.parametrize(
    "check",
    [
        failed("instrument_present:piano", None, None, "nothing"),
        failed("instrument_present:piano", 2, None, 1, stem="chords", unit="bars"),
        failed("stem_null", None, -90, -40.0),
        failed("mono_loss", None, 2, "not a number"),
        failed("spectral_balance:1k_5k", -7.5, -4.5, -2.0),
    ],
)
def test_a_fault_that_no_knob_answers_changes_nothing(check: Check) -> None:
    assert adjust(check, MixSettings()) == MixSettings()


def test_only_knobs_of_the_master_spare_the_mix() -> None:
    before = MixSettings()
    assert not needs_new_mix(before, MixSettings(low_trim_db=1.0, high_trim_db=1.0, glue_ratio=2.0))
    assert needs_new_mix(before, MixSettings(width_percent=90.0))
    assert needs_new_mix(before, MixSettings(stem_trim_db={"bass": 1.0}))


def test_safer_settings_differ_every_time_until_their_bounds() -> None:
    settings, seen = MixSettings(), set()
    for _ in range(4):
        settings = safer_settings(settings)
        seen.add(settings.model_dump_json())
    assert len(seen) == 4
    assert safer_settings(safer_settings(settings)).low_trim_db == -TONE_LIMIT_DB
