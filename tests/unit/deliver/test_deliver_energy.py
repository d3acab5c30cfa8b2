from __future__ import annotations

import numpy as np
import pytest

from aurax.audio.waveform import Waveform
from aurax.deliver.energy import band_power, density_db, energy_frames, loudness_curve_lufs


def tone(hz: float, level_db: float, seconds: float, sample_rate: int, channels: int) -> Waveform:
    time_s = np.arange(round(seconds * sample_rate)) / sample_rate
    wave = 10 ** (level_db / 20) * np.sin(2 * np.pi * hz * time_s)
    return Waveform(np.tile(wave, (channels, 1)).astype(np.float32), sample_rate)


@pytest.mark.parametrize("sample_rate", [44_100, 48_000])
def test_loudness_of_the_reference_tone_is_right(sample_rate: int) -> None:
    """EBU Tech 3341, case 1: 1 kHz in both channels at −23 dBFS reads −23 LUFS."""
    curve = loudness_curve_lufs(energy_frames(tone(1000, -23.0, 8.0, sample_rate, 2)))

    assert curve == pytest.approx(np.full(curve.size, -23.0), abs=0.1)


def test_one_channel_is_3_db_quieter_than_two() -> None:
    one, two = (loudness_curve_lufs(energy_frames(tone(1000, -20.0, 4.0, 48_000, n))).mean() for n in (1, 2))

    assert two - one == pytest.approx(3.01, abs=0.01)


def test_the_loudness_filter_cuts_deep_bass() -> None:
    """BS.1770's high-pass (38 Hz, Q 0.5) loses 5.6 dB at 40 Hz; its shelf adds 0.7 dB at 1 kHz."""
    low, middle = (loudness_curve_lufs(energy_frames(tone(hz, -20.0, 4.0, 48_000, 2))).mean() for hz in (40, 1000))

    assert low - middle == pytest.approx(-6.3, abs=0.4)


def test_silence_reads_the_floor() -> None:
    curve = loudness_curve_lufs(energy_frames(Waveform(np.zeros((2, 48_000), np.float32))))

    assert np.all(curve == -70.0)


def test_the_power_of_a_window_is_its_mean_square() -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, (1, 48_000)).astype(np.float32)

    energy = energy_frames(Waveform(noise))

    assert energy.power.sum(axis=1).mean() == pytest.approx(0.01, rel=0.05)


def test_white_noise_has_a_flat_spectrum() -> None:
    noise = np.random.default_rng(2).normal(0, 0.1, (2, 480_000)).astype(np.float32)
    levels = density_db(energy_frames(Waveform(noise)), np.geomspace(200, 15_000, 30).astype(np.float32))

    expected = 10 * np.log10(2 * 0.01 / 24_000)
    assert levels == pytest.approx(np.full(30, expected), abs=0.8)


def test_bands_narrower_than_a_bin_read_between_bins() -> None:
    power = np.array([[1.0, 3.0, 3.0, 5.0]], np.float32)

    found = band_power(power, 1.0, np.array([1.5, 2.5], np.float32), 0.01)

    assert found == pytest.approx(np.array([[3.0, 4.0]]), abs=0.02)


def test_audio_shorter_than_a_window_is_padded() -> None:
    assert energy_frames(tone(1000, -20.0, 0.02, 48_000, 2)).power.shape == (1, 2049)
