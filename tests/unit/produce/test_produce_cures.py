from __future__ import annotations

import pytest

from aurax.judge.verdict import Check, Where
from aurax.mix.settings import MixSettings
from aurax.produce.cures import TONE_LIMIT_DB, cure, gentler, needs_new_mix
from aurax.produce.expectation import excess


def failed(name: str, expected: float | str, measured: float | str | None, stem: str | None = None) -> Check:
    return Check(name=name, layer="mix", expected=expected, measured=measured, passed=False, where=Where(stem=stem))


@pytest.mark.parametrize(
    ("expected", "measured", "missed"),
    [
        (-14.0, -12.0, 2.0),
        ("-14 to -5 dB", -3.0, 2.0),
        ("-14 to -5 dB", -16.5, -2.5),
        ("-14 to -5 dB", -9.0, 0.0),
        ("−5 ±1.5 dB per octave", -2.0, 3.0),
        ("at most 2 LU", 3.0, 1.0),
        ("loudest 3 s at most 6 LU above the whole", 5.0, 0.0),
        ("chorus at least 1 LU above outro", 0.25, -0.75),
        ("4 to 8 LU, ±1.5", 10.0, 2.0),
        ("none", 3.0, None),
        ("at most 2 LU", "silence", None),
        ("at most 2 LU", None, None),
    ],
)
def test_how_far_a_check_missed_is_read_from_its_words(
    expected: float | str, measured: float | str | None, missed: float | None
) -> None:
    assert excess(failed("any", expected, measured)) == missed


@pytest.mark.parametrize(
    ("check", "knob", "value"),
    [
        (failed("sub_share", "-14 to -5 dB", -3.0), "low_trim_db", -1.4),
        (failed("sub_share", "-14 to -5 dB", -16.0), "low_trim_db", 1.4),
        (failed("sub_share", "-14 to -5 dB", -4.9), "low_trim_db", -0.5),
        (failed("brightness", "-38 to -14 dB", -44.0), "high_trim_db", 4.2),
        (failed("spectral_balance:5k_15k", "-14 ±3 dB per octave", -24.0), "high_trim_db", 5.6),
        (failed("spectral_balance:100_1k", "-5 ±1.5 dB per octave", -7.0), "low_trim_db", -2.31),
        (failed("spectral_balance:lows", "17.5 ±6 dB", 40.0), "low_trim_db", -TONE_LIMIT_DB),
        (failed("loudness_range", "4 to 8 LU, ±1.5", 10.0), "glue_ratio", 2.2),
        (failed("loudness_range", "4 to 8 LU, ±1.5", 2.0), "glue_ratio", 1.2),
        (failed("loudness_consistency:contrast", "chorus at least 1 LU above outro", 0.0), "glue_ratio", 1.45),
        (failed("mono_loss", "at most 2 LU", 3.0), "width_percent", 75.0),
        (failed("stereo_correlation", "0.2 to 0.97", 0.1), "width_percent", 75.0),
        (failed("stereo_correlation", "0.2 to 0.97", 0.99), "width_percent", 125.0),
        (
            failed("instrument_present:piano", "at least -30 LU against the mix", -34.0, stem="chords"),
            "stem_trim_db",
            {"chords": 5.0},
        ),
        (failed("stem_level", 0.0, 3.0, stem="bass"), "stem_trim_db", {"bass": -3.0}),
    ],
)
def test_each_fault_moves_its_knob_against_the_fault(check: Check, knob: str, value: object) -> None:
    cured = cure(check, MixSettings())
    assert getattr(cured, knob) == pytest.approx(value)
    assert cured.model_copy(update={knob: getattr(MixSettings(), knob)}) == MixSettings()


@pytest.mark.parametrize(
    "check",
    [
        failed("instrument_present:piano", "piano plays and is heard", "no track plays it"),
        failed("stem_null", "at most -90 dBFS", -40.0),
        failed("mono_loss", "at most 2 LU", "not a number"),
        failed("spectral_balance:1k_5k", "-6 ±1.5 dB per octave", -2.0),
    ],
)
def test_a_fault_that_no_knob_answers_changes_nothing(check: Check) -> None:
    assert cure(check, MixSettings()) == MixSettings()


def test_only_knobs_of_the_master_spare_the_mix() -> None:
    before = MixSettings()
    assert not needs_new_mix(before, MixSettings(low_trim_db=1.0, high_trim_db=1.0, glue_ratio=2.0))
    assert needs_new_mix(before, MixSettings(width_percent=90.0))
    assert needs_new_mix(before, MixSettings(stem_trim_db={"bass": 1.0}))


def test_gentler_settings_differ_every_time_until_their_bounds() -> None:
    settings, seen = MixSettings(), set()
    for _ in range(4):
        settings = gentler(settings)
        seen.add(settings.model_dump_json())
    assert len(seen) == 4
    assert gentler(gentler(settings)).low_trim_db == -TONE_LIMIT_DB
