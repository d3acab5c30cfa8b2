"""Loudness against the reference library, the standard's own numbers, and silence."""

from __future__ import annotations

import math

import numpy as np
import pyloudnorm
import pytest

from aurax.audio.loudness import integrated_lufs, loudness_range_lu, loudness_summary, short_term_lufs
from aurax.audio.waveform import Waveform

RATES = [44_100, 48_000]


def sine(hz: float, amplitude: float, seconds: float, rate: int, channels: int = 2) -> Waveform:
    wave = amplitude * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)
    return Waveform(np.tile(wave, (channels, 1)).astype(np.float32), rate)


def noise(seconds: float, rate: int, channels: int = 2, level: float = 0.1) -> Waveform:
    samples = np.random.default_rng(1).standard_normal((channels, round(seconds * rate))) * level
    return Waveform(samples.astype(np.float32), rate)


@pytest.mark.parametrize("rate", RATES)
def test_a_full_scale_997_hz_sine_in_one_channel_reads_minus_3_01_lufs(rate: int) -> None:
    assert integrated_lufs(sine(997, 1.0, 5, rate, channels=1)) == pytest.approx(-3.01, abs=0.01)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("kind", ["noise", "sub", "gated"])
def test_loudness_agrees_with_the_reference_library(rate: int, channels: int, kind: str) -> None:
    waveform = {
        "noise": lambda: noise(8, rate, channels),
        "sub": lambda: sine(41, 0.3, 8, rate, channels),
        "gated": lambda: Waveform(
            noise(8, rate, channels).samples * np.where(np.arange(8 * rate) < 4 * rate, 1.0, 0.001).astype(np.float32),
            rate,
        ),
    }[kind]()
    reference = pyloudnorm.Meter(rate).integrated_loudness(waveform.samples.T.astype(np.float64))
    # pyloudnorm scales the high-pass to unit gain; the standard's table does not, which is 0.043 LU.
    assert integrated_lufs(waveform) == pytest.approx(reference + 0.0432, abs=0.03)
    assert integrated_lufs(waveform) == pytest.approx(reference, abs=0.055)


def test_silence_is_minus_infinity_and_has_no_range() -> None:
    silence = Waveform(np.zeros((2, 5 * 48_000), np.float32))
    assert integrated_lufs(silence) == -math.inf
    assert loudness_range_lu(silence) == 0.0
    assert loudness_summary(silence).momentary_max_lufs == -math.inf


def test_audio_shorter_than_a_block_is_minus_infinity() -> None:
    assert integrated_lufs(noise(0.3, 48_000)) == -math.inf
    assert integrated_lufs(Waveform(np.zeros((2, 0), np.float32))) == -math.inf
    assert short_term_lufs(noise(2.9, 48_000)).size == 0


@pytest.mark.parametrize("rate", RATES)
def test_two_levels_ten_lu_apart_have_a_range_of_ten_lu(rate: int) -> None:
    # EBU Tech 3342, minimum requirement 1: 20 s at −20 dBFS, then 20 s at −30 dBFS.
    loud, quiet = sine(1000, 0.1, 20, rate), sine(1000, 0.1 * 10**-0.5, 20, rate)
    joined = Waveform(np.concatenate([loud.samples, quiet.samples], axis=1), rate)
    assert loudness_range_lu(joined) == pytest.approx(10.0, abs=1.0)


def test_short_term_windows_start_every_hop_and_follow_the_level() -> None:
    quiet, loud = sine(1000, 0.05, 6, 48_000), sine(1000, 0.1, 6, 48_000)
    curve = short_term_lufs(Waveform(np.concatenate([quiet.samples, loud.samples], axis=1)), hop_s=1.0)
    assert len(curve) == 10
    assert curve[-1] - curve[0] == pytest.approx(6.02, abs=0.01)


def test_the_summary_repeats_the_single_measurements() -> None:
    waveform = noise(6, 48_000)
    summary = loudness_summary(waveform)
    assert summary.integrated_lufs == integrated_lufs(waveform)
    assert summary.range_lu == loudness_range_lu(waveform)
    assert summary.short_term_max_lufs == pytest.approx(float(short_term_lufs(waveform).max()))
