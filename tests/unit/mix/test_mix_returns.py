"""Reverb and delay: when they sound, how they decay, what they leave out."""

from __future__ import annotations

import numpy as np
import pytest
import soxr
from scipy.signal import oaconvolve

from aurax.audio.loudness import integrated_lufs
from aurax.audio.spectrum import band_level_db, power_density_db
from aurax.audio.stereo import correlation
from aurax.audio.waveform import Waveform
from aurax.mix.blocks import in_blocks, joined, resampled
from aurax.mix.delay import echoes
from aurax.mix.returns import delay_return, reverb_return
from aurax.mix.reverb import impulse_response, reverberate


def click(frames: int, place: int = 0) -> np.ndarray:
    bus = np.zeros((2, frames), np.float32)
    bus[:, place] = 1.0
    return bus


@pytest.mark.parametrize("rate", [22_050, 24_000])
@pytest.mark.parametrize("rt60_s", [0.6, 2.0])
def test_the_tail_falls_by_sixty_db_in_its_time(rate: int, rt60_s: float) -> None:
    tail = impulse_response(rt60_s, 0.0, rate)
    energy = np.cumsum((tail.astype(np.float64) ** 2).sum(axis=0)[::-1])[::-1]
    curve = 10 * np.log10(energy / energy[0])
    first, last = np.argmax(curve < -5), np.argmax(curve < -25)
    assert 3 * (last - first) / rate == pytest.approx(rt60_s, rel=0.2)


def test_the_predelay_is_silent_and_the_tail_has_unit_energy_and_no_lows() -> None:
    tail = impulse_response(1.0, 0.03, 24_000)
    assert not tail[:, :720].any()
    assert np.sum(tail.astype(np.float64) ** 2, axis=1) == pytest.approx([1.0, 1.0], rel=0.001)
    spectrum = power_density_db(Waveform(tail, 24_000))
    assert band_level_db(*spectrum, 20, 100) < band_level_db(*spectrum, 500, 2000) - 20


def test_a_mono_sound_comes_back_wide_and_a_panned_one_from_both_sides() -> None:
    response = impulse_response(1.2, 0.02, 24_000)
    centre = Waveform(joined(reverberate([click(48_000)], 48_000, response), 48_000), 24_000)
    assert 0.0 < correlation(centre) < 0.8
    left = click(48_000)
    left[1] = 0.0
    wet = joined(reverberate([left], 48_000, response), 48_000)
    assert np.std(wet[1]) > 0.3 * np.std(wet[0])


def test_the_reverb_return_has_the_loudness_asked_for(profile) -> None:
    bus = (np.random.default_rng(3).standard_normal((2, 48_000 * 4)) * 0.05).astype(np.float32)
    wet = reverb_return([bus], bus.shape[1], profile, -36.0, slice(48_000, 48_000 * 4), 48_000)
    assert wet.shape == bus.shape
    assert integrated_lufs(Waveform(wet[:, 48_000:])) == pytest.approx(-36.0, abs=0.05)
    assert not reverb_return([np.zeros_like(bus)], bus.shape[1], profile, -36.0, slice(0, 48_000), 48_000).any()


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_echoes_come_after_the_delay_and_change_sides(rate: int) -> None:
    delay_s = 0.375  # three quarters of a beat at 120 BPM
    wet = delay_return([click(rate * 2)], rate * 2, delay_s, 0.5, rate)
    envelope = np.abs(wet)
    first = envelope[:, : round(rate * 0.6)]
    assert first[0].argmax() / rate == pytest.approx(delay_s, abs=0.0005)
    assert first[0].max() > 1.8 * first[1].max()
    second = envelope[:, round(rate * 0.6) : round(rate * 0.95)]
    assert (second[1].argmax() + round(rate * 0.6)) / rate == pytest.approx(2 * delay_s, abs=0.002)
    assert second[1].max() > 1.8 * second[0].max()
    assert second.max() < 0.6 * first.max()


def test_echoes_are_good_for_mono_and_leave_the_dry_sound_out() -> None:
    noise = (np.random.default_rng(5).standard_normal((2, 72_000)) * 0.1).astype(np.float32)
    wet = joined(echoes([noise], 72_000, 9_000, 0.4, 24_000), 72_000)
    assert not wet[:, :9_000].any()
    assert correlation(Waveform(wet, 24_000)) > 0.3
    spectrum = power_density_db(Waveform(wet, 24_000))
    assert band_level_db(*spectrum, 20, 100) < band_level_db(*spectrum, 500, 2000) - 25


def test_feedback_of_one_and_more_dies_away_all_the_same() -> None:
    wet = joined(echoes([click(240_000)], 240_000, 4_000, 1.5, 24_000), 240_000)
    assert np.isfinite(wet).all()
    assert np.abs(wet[:, -24_000:]).max() < 0.1 * np.abs(wet).max()


@pytest.mark.parametrize("frames", [7_000, 100_000, 400_001])
def test_a_room_in_blocks_answers_as_one_convolution_does_to_the_bit(frames: int) -> None:
    bus = (np.random.default_rng(7).standard_normal((2, frames)) * 0.1).astype(np.float32)
    response = impulse_response(0.5, 0.02, 24_000)
    at_once = oaconvolve(bus + np.float32(0.5) * bus[::-1], response, mode="full", axes=1)[:, :frames]
    by_blocks = joined(reverberate(in_blocks([bus], 4_800), frames, response), frames)
    assert np.array_equal(by_blocks, at_once)


def test_resampling_in_blocks_equals_resampling_at_once() -> None:
    sound = (np.random.default_rng(8).standard_normal((2, 70_001)) * 0.1).astype(np.float32)
    at_once = soxr.resample(sound.T, 48_000, 24_000, quality="MQ").T
    by_blocks = np.concatenate(list(resampled(in_blocks([sound], 10_000), 48_000, 24_000)), axis=1)
    assert np.array_equal(by_blocks, at_once)


def test_blocks_are_cut_again_without_losing_a_frame() -> None:
    sound = np.arange(20, dtype=np.float32).reshape(2, 10)
    blocks = list(in_blocks([sound[:, :1], sound[:, 1:7], sound[:, 7:]], 4))
    assert [block.shape[1] for block in blocks] == [4, 4, 2]
    assert np.array_equal(np.concatenate(blocks, axis=1), sound)
