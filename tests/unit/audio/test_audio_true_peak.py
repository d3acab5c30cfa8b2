"""True peak: what lies between the samples, found without resampling everything."""

from __future__ import annotations

import math

import numpy as np
import pytest
import soxr

from aurax.audio.true_peak import sample_peak_dbfs, true_peak_dbtp
from aurax.audio.waveform import Waveform


def full_method_dbtp(waveform: Waveform) -> float:
    fine = soxr.resample(waveform.samples.T, waveform.sample_rate, waveform.sample_rate * 8, quality="HQ")
    return float(20 * np.log10(max(np.abs(fine).max(), np.abs(waveform.samples).max())))


@pytest.mark.parametrize("rate", [44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_sine_sampled_next_to_its_crests_shows_its_true_peak(rate: int, channels: int) -> None:
    wave = 0.5 * np.sin(2 * np.pi * 0.25 * np.arange(rate) + np.pi / 4)
    waveform = Waveform(np.tile(wave * np.hanning(rate) ** 0.1, (channels, 1)).astype(np.float32), rate)
    assert sample_peak_dbfs(waveform) == pytest.approx(-9.03, abs=0.01)
    assert true_peak_dbtp(waveform) == pytest.approx(-6.02, abs=0.02)


@pytest.mark.parametrize("shape", ["noise", "bursts", "clipped", "click"])
def test_the_fast_search_finds_what_resampling_everything_finds(shape: str) -> None:
    rng = np.random.default_rng(3)
    samples = rng.standard_normal((2, 200_000)) * 0.1
    if shape == "bursts":
        samples *= (np.sin(np.arange(200_000) / 9_000) > 0.9) + 0.01
    elif shape == "clipped":
        samples = np.clip(samples * 20, -0.9, 0.9)
    elif shape == "click":
        samples *= 0.01
        samples[0, 4_096] = 0.7
    waveform = Waveform(samples.astype(np.float32))
    assert true_peak_dbtp(waveform) == pytest.approx(full_method_dbtp(waveform), abs=0.001)


def test_silence_and_nothing_are_minus_infinity() -> None:
    for frames in (0, 1000):
        assert true_peak_dbtp(Waveform(np.zeros((2, frames), np.float32))) == -math.inf
        assert sample_peak_dbfs(Waveform(np.zeros((2, frames), np.float32))) == -math.inf
