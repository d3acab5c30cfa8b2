"""Loops as circles."""

import numpy as np
import pytest

from aurax.audio.circle import Circle, around, repeated
from aurax.audio.true_peak import true_peak_dbtp
from aurax.audio.waveform import Waveform


def ramp(frames: int) -> np.ndarray:
    return np.arange(2 * frames, dtype=np.float32).reshape(2, frames)


@pytest.mark.parametrize(("start", "frames"), [(0, 7), (-3, 5), (-25, 40), (13, 1), (6, 0)])
def test_around_counts_frames_in_both_directions(start: int, frames: int) -> None:
    expected = ramp(7)[:, [place % 7 for place in range(start, start + frames)]]
    assert np.array_equal(around(ramp(7), start, frames), expected)


@pytest.mark.parametrize(("before", "after"), [(0, 0), (3, 2), (50, 20)])
def test_what_is_not_processed_comes_back_as_it_was(before: int, after: int) -> None:
    circle = Circle(9, before, after)
    assert np.array_equal(circle.cut(circle.unroll(ramp(9)), 48_000), ramp(9))


def test_the_last_frame_of_a_cut_round_goes_on_in_its_first() -> None:
    circle = Circle(1000, 300, 200)
    stretch = np.cumsum(np.ones((2, circle.whole_frames), np.float32), axis=1)  # never comes back to where it was
    cut = circle.cut(stretch, 48_000)
    assert np.all(cut[:, 0] - cut[:, -1] == 1.0)


def test_a_loop_is_measured_round_after_round() -> None:
    second = Waveform(np.random.default_rng(1).standard_normal((2, 48_000)).astype(np.float32))
    heard = repeated(second)
    assert heard.frames == 12 * 48_000 + 14_400 + 2 * 480
    assert np.array_equal(heard.samples[:, 480 + 48_000 : 480 + 96_000], second.samples)
    assert repeated(Waveform(np.zeros((2, 20 * 48_000), np.float32))).duration_s == pytest.approx(20.32)


def test_a_seam_at_the_top_of_a_wave_has_no_peak_of_its_own() -> None:
    time = np.arange(48_000) / 48_000
    tone = np.tile(0.5 * np.cos(2 * np.pi * 1000 * time), (2, 1)).astype(np.float32)
    assert true_peak_dbtp(Waveform(tone)) > -5.9
    assert true_peak_dbtp(repeated(Waveform(tone))) == pytest.approx(20 * np.log10(0.5), abs=0.01)
