"""Filters, compressor, saturation, wow: their physics."""

from __future__ import annotations

import numpy as np
import pytest

from aurax.mix.compressor import Compression, Compressor
from aurax.mix.control import CHUNK_FRAMES
from aurax.mix.filters import Filter, bell, high_pass, high_shelf, low_pass, low_shelf, response_db
from aurax.mix.saturation import Saturator
from aurax.mix.wow import play_late, wow_delays

RATES = [44_100, 48_000]


def tone(hz: float, rate: int, channels: int = 1, amplitude: float = 0.5, seconds: float = 1.0) -> np.ndarray:
    wave = amplitude * np.sin(2 * np.pi * hz * np.arange(round(rate * seconds)) / rate)
    return np.tile(wave, (channels, 1)).astype(np.float32)


def gain_db(sections: np.ndarray, hz: float, rate: int, channels: int = 1) -> float:
    wave = tone(hz, rate, channels, seconds=2.0)
    filtered = Filter(sections, channels)(wave, 0)
    return float(20 * np.log10(np.std(filtered[:, rate:]) / np.std(wave[:, rate:])))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("cutoff_hz", [25, 120, 350, 8000])
def test_passes_lose_three_db_at_the_cutoff_and_twelve_per_octave_beyond(
    rate: int, channels: int, cutoff_hz: float
) -> None:
    assert gain_db(high_pass(cutoff_hz, rate), cutoff_hz, rate, channels) == pytest.approx(-3.01, abs=0.1)
    assert gain_db(low_pass(cutoff_hz, rate), cutoff_hz, rate, channels) == pytest.approx(-3.01, abs=0.1)
    octave = response_db(high_pass(cutoff_hz, rate), np.array([cutoff_hz / 8, cutoff_hz / 4]), rate)
    assert octave[1] - octave[0] == pytest.approx(12.0, abs=0.5)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("wanted_db", [-6.0, 3.0])
def test_bells_and_shelves_have_their_gain_where_they_should(rate: int, wanted_db: float) -> None:
    assert gain_db(bell(1000, wanted_db, rate), 1000, rate) == pytest.approx(wanted_db, abs=0.05)
    assert gain_db(bell(1000, wanted_db, rate), 60, rate) == pytest.approx(0.0, abs=0.1)
    assert gain_db(low_shelf(200, wanted_db, rate), 20, rate) == pytest.approx(wanted_db, abs=0.15)
    assert gain_db(low_shelf(200, wanted_db, rate), 200, rate) == pytest.approx(wanted_db / 2, abs=0.05)
    assert gain_db(high_shelf(2000, wanted_db, rate), 16_000, rate) == pytest.approx(wanted_db, abs=0.15)


def test_a_filter_in_chunks_is_the_filter_of_the_whole() -> None:
    noise = np.random.default_rng(2).standard_normal((2, 10_000)).astype(np.float32)
    whole = Filter(bell(500, 6, 48_000), 2)(noise, 0)
    parts = Filter(bell(500, 6, 48_000), 2)
    joined = np.concatenate([parts(noise[:, :4800], 0), parts(noise[:, 4800:], 4800)], axis=1)
    assert np.abs(whole - joined).max() < 2e-6  # float32 rounds by the block


@pytest.mark.parametrize("rate", RATES)
def test_a_compressor_ends_at_its_ratio_and_leaves_quiet_sound_alone(rate: int) -> None:
    setting = Compression(threshold_db=-20, ratio=4, attack_ms=5, release_ms=50, knee_db=6)
    loud = tone(1000, rate, 2, amplitude=10 ** (-5 / 20))  # −8 dBFS RMS, 12 dB over
    squeezed = Compressor(setting, rate)(loud, 0)
    steady = slice(rate // 2, None)
    assert 20 * np.log10(np.std(squeezed[:, steady]) / np.std(loud[:, steady])) == pytest.approx(-9.0, abs=0.2)
    quiet = tone(1000, rate, 2, amplitude=0.02)
    assert np.array_equal(Compressor(setting, rate)(quiet, 0), quiet)


def test_a_compressor_turns_both_channels_by_the_same_gain() -> None:
    loud = tone(500, 48_000, 2) * np.array([[1.0], [0.1]], np.float32)
    squeezed = Compressor(Compression(-30, 4, 5, 50), 48_000)(loud, 0)
    assert np.allclose(squeezed[1], squeezed[0] * 0.1, atol=1e-6)


def test_attack_follows_its_time_constant() -> None:
    step = np.concatenate([tone(4000, 48_000, amplitude=1e-4), tone(4000, 48_000)], axis=1)
    gain = Compressor(Compression(-40, 4, 20, 200), 48_000).gain(step)
    decibels = 20 * np.log10(gain)
    after = decibels[48_000 + 960] / decibels[-1]
    assert after == pytest.approx(1 - np.exp(-1), abs=0.05)


def test_saturation_adds_a_third_harmonic_and_keeps_the_level_of_quiet_sound() -> None:
    wave = tone(300, 48_000, amplitude=0.178)
    loud = Saturator(6.0, -18.0, 1, 48_000)(wave, 0)
    spectrum = np.abs(np.fft.rfft(loud[0, -24_000:] * np.hanning(24_000)))
    third = spectrum[450] / spectrum[150]
    assert 0.004 < third < 0.02
    quiet = tone(300, 48_000, amplitude=0.002)
    assert np.std(Saturator(6.0, -18.0, 1, 48_000)(quiet, 0)) == pytest.approx(np.std(quiet), rel=0.001)


def test_saturation_folds_nothing_back_from_high_notes() -> None:
    wave = tone(9000, 48_000, amplitude=0.3)
    bright = Saturator(9.0, -18.0, 1, 48_000)(wave, 0)
    spectrum = np.abs(np.fft.rfft(bright[0, -24_000:] * np.hanning(24_000)))
    folded = spectrum[(48_000 - 27_000) // 2]  # 3 × 9 kHz = 27 kHz appears at 21 kHz
    assert 20 * np.log10(folded / spectrum[4500]) < -48


@pytest.mark.parametrize("rate", RATES)
def test_wow_bends_the_pitch_by_its_cents_and_no_more(rate: int) -> None:
    frames = rate * 6
    delays = wow_delays(frames, rate, 10.0)
    assert delays.min() >= 0.0
    speed = 1 - np.diff(delays) / 48
    cents = 1200 * np.log2(speed)
    assert 7.0 < np.abs(cents).max() <= 10.1


def test_wow_plays_chunks_as_it_plays_the_whole_and_keeps_high_tones() -> None:
    wave = tone(8000, 48_000, 2, seconds=3.0)
    delays = wow_delays(wave.shape[1], 48_000, 8.0)
    whole = play_late(wave, delays, 0, wave.shape[1])
    parts = [
        play_late(wave, delays, start, min(start + CHUNK_FRAMES, wave.shape[1]))
        for start in range(0, wave.shape[1], CHUNK_FRAMES)
    ]
    assert np.array_equal(np.concatenate(parts, axis=1), whole)
    assert np.std(whole) == pytest.approx(np.std(wave), rel=0.15)
    still = play_late(wave, np.zeros_like(delays), 0, wave.shape[1])
    assert np.allclose(still, wave, atol=1e-6)
