"""Spectrum: calibrated power, shares and slopes of known signals."""

from __future__ import annotations

import numpy as np
import pytest

from aurax.audio.spectrum import (
    band_level_db,
    band_share_db,
    power_density_db,
    slope_db_per_octave,
)
from aurax.audio.waveform import Waveform

RATES = [44_100, 48_000]


def white(rate: int, channels: int = 2, seconds: float = 10) -> Waveform:
    samples = np.random.default_rng(5).standard_normal((channels, round(rate * seconds))) * 0.1
    return Waveform(samples.astype(np.float32), rate)


def pink(rate: int) -> Waveform:
    frames = rate * 20
    bins = np.fft.rfft(np.random.default_rng(6).standard_normal(frames))
    bins[1:] /= np.sqrt(np.arange(1, len(bins)))
    return Waveform(np.fft.irfft(bins, frames).astype(np.float32)[None, :], rate)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("channels", [1, 2])
def test_the_density_integrates_to_the_power_of_the_signal(rate: int, channels: int) -> None:
    frequencies, density = power_density_db(white(rate, channels))
    assert band_level_db(frequencies, density, 0, rate / 2) == pytest.approx(-20.0, abs=0.1)


@pytest.mark.parametrize("rate", RATES)
def test_white_noise_is_flat_and_pink_noise_falls_by_three_db_per_octave(rate: int) -> None:
    assert slope_db_per_octave(*power_density_db(white(rate)), 100, 10_000) == pytest.approx(0.0, abs=0.15)
    assert slope_db_per_octave(*power_density_db(pink(rate)), 100, 10_000) == pytest.approx(-3.01, abs=0.2)


def test_pink_noise_has_equal_power_in_every_octave() -> None:
    levels = [band_level_db(*power_density_db(pink(48_000)), hz, 2 * hz) for hz in (125, 500, 2000, 8000)]
    assert np.ptp(levels) < 0.5


@pytest.mark.parametrize("rate", RATES)
def test_a_sine_has_its_power_in_a_band_around_it(rate: int) -> None:
    wave = np.sin(2 * np.pi * 1000 * np.arange(rate * 2) / rate)
    spectrum = power_density_db(Waveform(wave.astype(np.float32)[None, :], rate))
    assert band_level_db(*spectrum, 900, 1100) == pytest.approx(-3.01, abs=0.05)
    assert band_level_db(*spectrum, 2000, 4000) < -60.0


def test_a_band_with_half_of_white_noise_has_a_share_of_minus_three_db() -> None:
    assert band_share_db(white(48_000), 6_000, 18_000) == pytest.approx(-3.01, abs=0.1)


def test_silence_and_short_audio_stay_finite() -> None:
    for frames in (0, 100, 10_000):
        frequencies, density = power_density_db(Waveform(np.zeros((2, frames), np.float32)))
        assert len(frequencies) == len(density)
        assert np.all(density == -200.0)
