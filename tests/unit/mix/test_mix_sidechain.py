"""Ducking: on the kick's own frame, by its depth, and back in time."""

from __future__ import annotations

import numpy as np
import pytest

from aurax.mix.control import Curve
from aurax.mix.sidechain import Ducking, kick_hits


def duck_gain(hits: tuple[tuple[int, float], ...], depth_db: float, release_s: float, frames: int, rate: int) -> Curve:
    return Ducking(hits, depth_db, release_s, rate).gain(0, frames)


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_the_gain_is_lowest_on_the_frame_of_the_kick_and_back_after_the_release(rate: int) -> None:
    gain = duck_gain(((rate, 1.0),), 6.0, 0.2, 2 * rate, rate)
    decibels = 20 * np.log10(gain)
    assert int(gain.argmin()) == rate
    assert decibels[rate] == pytest.approx(-6.0, abs=1e-4)
    assert np.all(gain[: rate - round(0.002 * rate)] == 1.0)
    assert np.all(gain[rate + round(0.2 * rate) :] == 1.0)


def test_the_way_back_follows_the_curve() -> None:
    decibels = 20 * np.log10(duck_gain(((0, 1.0),), 8.0, 0.2, 20_000, 48_000))
    for share in (0.25, 0.5, 0.75):
        assert decibels[round(share * 9600)] == pytest.approx(-8.0 * (1 - share**1.6), abs=0.01)


def test_overlapping_kicks_take_the_lower_gain_and_soft_ones_duck_less() -> None:
    first, second = ((1000, 1.0),), ((4000, 0.5),)
    both = duck_gain(first + second, 6.0, 0.2, 20_000, 48_000)
    apart = np.minimum(duck_gain(first, 6.0, 0.2, 20_000, 48_000), duck_gain(second, 6.0, 0.2, 20_000, 48_000))
    assert np.array_equal(both, apart)
    assert 20 * np.log10(duck_gain(second, 6.0, 0.2, 20_000, 48_000)[4000]) == pytest.approx(-3.0, abs=1e-4)


def test_kicks_are_read_from_the_score_where_they_are_played(make_score) -> None:
    score = make_score({"kick": "kick", "snare": "snare"})
    hits = kick_hits(score, 48_000)
    assert [frame for frame, _ in hits[:4]] == [0, 24_000, 48_000, 72_000]
    assert len(hits) == 16
    assert kick_hits(make_score({"snare": "snare"}), 48_000) == ()


def test_hits_at_and_beyond_the_ends_stay_inside() -> None:
    gain = duck_gain(((0, 1.0), (90, 1.0), (500, 1.0)), 6.0, 0.2, 100, 48_000)
    assert gain.shape == (100,)
    assert gain[90] == pytest.approx(10 ** (-6 / 20))
