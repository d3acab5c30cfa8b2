"""Lanes: right values at the right time, and no clicks."""

from __future__ import annotations

import numpy as np
import pytest

from aurax.mix.automation import MovingFilter, gain_values, lane_values
from aurax.mix.control import CHUNK_FRAMES, control_points, draw
from aurax.score.score import AutomationLane
from aurax.score.time import Meter, TimeGrid

GRID = TimeGrid(120.0, Meter())
SECOND = 1920


def test_a_level_lane_is_linear_between_its_points_and_flat_outside() -> None:
    lane = AutomationLane("level_db", ((SECOND, -12.0), (2 * SECOND, 0.0)))
    frames = 3 * 48_000
    values = draw(lane_values(lane, GRID, frames, 48_000).astype(np.float32), frames)
    assert values[0] == values[47_000] == -12.0
    assert values[72_000] == pytest.approx(-6.0, abs=0.01)
    assert values[-1] == 0.0


def test_a_cutoff_lane_is_linear_in_octaves() -> None:
    lane = AutomationLane("lowpass_hz", ((0, 200.0), (2 * SECOND, 3200.0)))
    values = lane_values(lane, GRID, 96_000, 48_000)
    assert values[1000] == pytest.approx(800.0, rel=0.001)


def test_a_jump_becomes_a_ramp_of_a_millisecond() -> None:
    lane = AutomationLane("level_db", ((SECOND, 0.0), (SECOND, -20.0)))
    gain = draw(gain_values(lane_values(lane, GRID, 96_000, 48_000)), 96_000)
    assert np.abs(np.diff(gain)).max() < 0.9 / 40
    assert gain[47_900] == 1.0
    assert gain[48_100] == pytest.approx(0.1)


def test_minus_sixty_db_is_silence() -> None:
    assert gain_values(np.array([-60.0, -80.0, 0.0])).tolist() == [0.0, 0.0, 1.0]


@pytest.mark.parametrize("rate", [44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_moving_low_pass_cuts_when_closed_and_passes_when_open(rate: int, channels: int) -> None:
    frames = rate * 4
    lane = AutomationLane("lowpass_hz", ((0, 200.0), (SECOND, 200.0), (3 * SECOND, 20_000.0)))
    cutoffs = lane_values(lane, GRID, frames, rate)
    wave = np.sin(2 * np.pi * 3000 * np.arange(frames) / rate).astype(np.float32)
    stage = MovingFilter("lowpass_hz", cutoffs, channels, rate)
    filtered = stage(np.tile(wave, (channels, 1)), 0)
    assert np.std(filtered[:, rate // 2 : rate]) < 0.01
    assert np.std(filtered[:, -rate // 2 :]) == pytest.approx(np.std(wave), rel=0.03)


def test_a_sweep_makes_no_clicks() -> None:
    frames = 96_000
    lane = AutomationLane("lowpass_hz", ((0, 100.0), (2 * SECOND, 18_000.0)))
    wave = np.sin(2 * np.pi * 200 * np.arange(frames) / 48_000).astype(np.float32)[None, :]
    swept = MovingFilter("lowpass_hz", lane_values(lane, GRID, frames, 48_000), 1, 48_000)(wave, 0)
    # A click would stand out of the second difference of a 200 Hz sine, which is (2π·200/48000)² at most.
    assert np.abs(np.diff(swept[0, 200:], 2)).max() < 2.5 * (2 * np.pi * 200 / 48_000) ** 2


def test_a_moving_filter_in_chunks_is_that_of_the_whole() -> None:
    frames = CHUNK_FRAMES * 2
    lane = AutomationLane("highpass_hz", ((0, 20.0), (2 * SECOND, 2000.0)))
    cutoffs = lane_values(lane, GRID, frames, 48_000)
    noise = np.random.default_rng(1).standard_normal((2, frames)).astype(np.float32)
    whole = MovingFilter("highpass_hz", cutoffs, 2, 48_000)(noise, 0)
    stage = MovingFilter("highpass_hz", cutoffs, 2, 48_000)
    halves = [stage(noise[:, :CHUNK_FRAMES], 0), stage(noise[:, CHUNK_FRAMES:], CHUNK_FRAMES)]
    assert np.array_equal(np.concatenate(halves, axis=1), whole)
    assert control_points(frames) == len(cutoffs)
