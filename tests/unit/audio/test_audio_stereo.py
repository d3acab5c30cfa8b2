"""The stereo image of known pairs of channels."""

from __future__ import annotations

import math

import numpy as np
import pytest

from aurax.audio.stereo import correlation, mono_loss_lu, side_to_mid_db
from aurax.audio.waveform import Waveform

RATES = [44_100, 48_000]


def pair(rate: int, how: str) -> Waveform:
    first, second = np.random.default_rng(7).standard_normal((2, rate * 4)) * 0.1
    channels = {
        "same": (first, first),
        "opposite": (first, -first),
        "unrelated": (first, second),
        "left only": (first, 0 * first),
        "silent": (0 * first, 0 * first),
    }
    return Waveform(np.stack(channels[how]).astype(np.float32), rate)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(
    ("how", "expected"), [("same", 1), ("opposite", -1), ("unrelated", 0), ("left only", 0), ("silent", 1)]
)
def test_correlation_tells_mono_from_opposite(rate: int, how: str, expected: float) -> None:
    assert correlation(pair(rate, how)) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("rate", RATES)
def test_a_mono_fold_down_loses_nothing_of_mono_three_lu_of_unrelated_and_all_of_opposite(rate: int) -> None:
    assert mono_loss_lu(pair(rate, "same")) == pytest.approx(0.0, abs=0.001)
    assert mono_loss_lu(pair(rate, "unrelated")) == pytest.approx(3.01, abs=0.1)
    assert mono_loss_lu(pair(rate, "opposite")) == math.inf
    assert mono_loss_lu(pair(rate, "silent")) == 0.0


def test_one_channel_is_mono() -> None:
    single = Waveform(np.ones((1, 48_000), np.float32))
    assert correlation(single) == 1.0
    assert mono_loss_lu(single) == 0.0
    assert side_to_mid_db(single, 100, 1000) == -math.inf


@pytest.mark.parametrize("rate", RATES)
def test_side_to_mid_is_measured_within_its_band(rate: int) -> None:
    time = np.arange(rate * 2) / rate
    low, high = np.sin(2 * np.pi * 100 * time), np.sin(2 * np.pi * 5000 * time)
    waveform = Waveform(np.stack([low + 1.1 * high, low + 0.9 * high]).astype(np.float32) * np.float32(0.2), rate)
    assert side_to_mid_db(waveform, 4000, 6000) == pytest.approx(-20.0, abs=0.1)
    assert side_to_mid_db(waveform, 80, 125) < -60
