"""What follow-up notes ask of the sound is heard in mix and master, and survives the producer's own corrections."""

from __future__ import annotations

import numpy as np
import pytest
from builders.mixed_song import PROFILE, load_stem, make_score

from aurax.audio.loudness import loudness_summary
from aurax.audio.spectrum import mean_density_db, power_density_db
from aurax.audio.waveform import Waveform
from aurax.judge.verdict import Check
from aurax.mix.mastering import master
from aurax.mix.mixer import MixedStem, mix_stems
from aurax.mix.settings import MixSettings
from aurax.produce.adjustments import adjust, needs_new_mix, safer_settings
from aurax.score.asked import AskedSound, aim_with

SCORE = make_score({"kick": "kick", "bass": "bass", "chords": "chords"})


def mix_with(asked: AskedSound) -> tuple[Waveform, dict[str, float]]:
    """The mix, and the loudness of each stem."""
    stems: list[MixedStem] = []
    outcome = mix_stems(SCORE, load_stem, MixSettings(asked=asked), stems.append)
    return outcome.mix, {stem.name: stem.integrated_lufs for stem in stems if stem.integrated_lufs is not None}


@pytest.fixture(scope="module")
def plain() -> tuple[Waveform, dict[str, float]]:
    return mix_with(AskedSound())


def test_a_louder_part_is_louder_by_what_was_asked(plain: tuple[Waveform, dict[str, float]]) -> None:
    _, levels = mix_with(AskedSound(stem_db={"bass": 3.0}))
    assert levels["bass"] - plain[1]["bass"] == pytest.approx(3.0, abs=0.05)
    assert levels["chords"] == pytest.approx(plain[1]["chords"], abs=0.05)


def test_less_reverb_is_less_by_what_was_asked(plain: tuple[Waveform, dict[str, float]]) -> None:
    _, levels = mix_with(AskedSound(reverb_db=-6.0))
    assert levels["reverb"] - plain[1]["reverb"] == pytest.approx(-6.0, abs=0.1)


@pytest.mark.parametrize(("knob", "band_hz"), [("high_db", (9_000.0, 14_000.0)), ("low_db", (40.0, 70.0))])
def test_tone_that_was_asked_is_in_the_master(
    plain: tuple[Waveform, dict[str, float]], knob: str, band_hz: tuple[float, float]
) -> None:
    def density_db(asked: AskedSound) -> float:
        frequencies, density = power_density_db(master(plain[0], PROFILE, MixSettings(asked=asked)))
        return mean_density_db(frequencies, density, *band_hz) - mean_density_db(frequencies, density, 900.0, 1100.0)

    assert density_db(AskedSound(**{knob: 4.0})) - density_db(AskedSound()) >= 2.0


def test_more_compression_brings_passages_nearer(plain: tuple[Waveform, dict[str, float]]) -> None:
    moving = plain[0].samples.copy()
    moving[:, : moving.shape[1] // 2] *= np.float32(0.4)

    def range_lu(asked_db: float) -> float:
        finished = master(
            Waveform(moving.copy(), plain[0].sample_rate),
            PROFILE,
            MixSettings(asked=AskedSound(compression_db=asked_db)),
        )
        return loudness_summary(finished).range_lu

    assert range_lu(4.0) < range_lu(0.0) < range_lu(-4.0)


def test_corrections_move_other_knobs_than_what_was_asked() -> None:
    asked = AskedSound(stem_db={"bass": 3.0}, high_db=2.5)
    check = Check(name="spectral_balance:5k_15k", layer="mix", low=-8.0, high=-5.0, measured=-3.0, passed=False)
    corrected = safer_settings(adjust(check, MixSettings(asked=asked)))
    assert corrected.high_trim_db < 0.0
    assert corrected.asked == asked


@pytest.mark.parametrize(
    ("asked", "new_mix"),
    [(AskedSound(high_db=2.0), False), (AskedSound(compression_db=2.0), False), (AskedSound(reverb_db=3.0), True)],
)
def test_what_was_asked_of_the_master_needs_no_new_mix(asked: AskedSound, new_mix: bool) -> None:
    assert needs_new_mix(MixSettings(), MixSettings(asked=asked)) == new_mix


def test_a_brighter_song_is_measured_against_a_brighter_aim() -> None:
    brighter = aim_with(PROFILE, AskedSound(high_db=3.0)).spectrum.slope_5k_15k_db_per_octave
    assert brighter > PROFILE.spectrum.slope_5k_15k_db_per_octave


def test_nothing_asked_leaves_the_aim_as_it_is() -> None:
    assert aim_with(PROFILE, AskedSound()) is PROFILE
    assert np.isclose(MixSettings().stereo_percent, 100.0)
