"""Width and pan: mono lows, a guard for the correlation, equal power."""

from __future__ import annotations

import numpy as np
import pytest

from aurax.audio.spectrum import band_level_db, power_density_db
from aurax.audio.stereo import correlation, side_to_mid_db
from aurax.audio.waveform import Waveform
from aurax.mix.width import Width, pan_gains, side_guard, widen


def wide(rate: int) -> np.ndarray:
    return (np.random.default_rng(4).standard_normal((2, rate * 3)) * 0.1).astype(np.float32)


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_everything_below_120_hz_becomes_mono_and_the_rest_stays_wide(rate: int) -> None:
    result = Waveform(Width(1.0, rate)(wide(rate), 0), rate)
    assert side_to_mid_db(result, 20, 60) < -20
    assert side_to_mid_db(result, 400, 4000) == pytest.approx(0.0, abs=0.5)


def test_the_mid_is_never_touched() -> None:
    samples = wide(48_000)
    result = Width(1.5, 48_000)(samples, 0)
    assert np.allclose(result.sum(axis=0), samples.sum(axis=0), atol=1e-6)


def test_width_zero_is_mono_and_one_channel_passes() -> None:
    result = Width(0.0, 48_000)(wide(48_000), 0)
    assert np.array_equal(result[0], result[1])
    single = wide(48_000)[:1]
    assert np.array_equal(Width(1.0, 48_000)(single, 0), single)


def test_width_scales_the_side_by_its_factor() -> None:
    def side_db(width: float) -> float:
        result = Width(width, 48_000)(wide(48_000), 0)
        side = Waveform(((result[0] - result[1]) / 2)[None, :])
        return band_level_db(*power_density_db(side), 1000, 4000)

    assert side_db(0.5) - side_db(1.0) == pytest.approx(-6.02, abs=0.01)


def test_the_guard_lifts_a_negative_correlation_above_zero() -> None:
    left = wide(48_000)[0]
    samples = np.stack([left, -0.7 * left])
    mid, side = samples.sum(axis=0) / 2, (samples[0] - samples[1]) / 2
    factor = side_guard(float(mid @ mid), float(side @ side))
    guarded = np.stack([mid + factor * side, mid - factor * side]).astype(np.float32)
    assert correlation(Waveform(samples.astype(np.float32))) == pytest.approx(-1.0, abs=0.001)
    assert correlation(Waveform(guarded)) > 0.0
    assert side_guard(1.0, 0.5) == 1.0


@pytest.mark.parametrize("pan", [-1.0, -0.4, 0.0, 0.3, 1.0])
def test_pan_keeps_the_power(pan: float) -> None:
    left, right = pan_gains(pan)
    assert left**2 + right**2 == pytest.approx(2.0)
    assert (left > right) == (pan < 0) or pan == 0


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_a_mono_stem_is_widened_and_sounds_the_same_on_a_mono_speaker(rate: int) -> None:
    mono = wide(rate)[:1]
    result = Waveform(widen(mono, -4.0, rate), rate)
    assert np.allclose(result.samples.mean(axis=0), mono[0], atol=1e-6)
    assert side_to_mid_db(result, 500, 8000) == pytest.approx(-4.0, abs=1.0)
    assert side_to_mid_db(result, 20, 80) < -15
    assert correlation(result) > 0.0


def test_a_wide_stem_is_left_alone() -> None:
    samples = wide(48_000)
    assert widen(samples, -4.0, 48_000) is samples
    assert not widen(np.zeros((1, 96_000), np.float32), -4.0, 48_000).any()
