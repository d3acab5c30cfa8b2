import pytest

from aurax.errors import InvalidOption
from aurax.score.time import Meter, TimeGrid


@pytest.mark.parametrize(("text", "ticks", "sixteenths"), [("4/4", 3840, 16), ("3/4", 2880, 12), ("6/8", 2880, 12)])
def test_a_meter_knows_the_length_of_its_bar(text, ticks, sixteenths):
    meter = Meter.parse(text)

    assert (meter.ticks_per_bar, meter.sixteenths_per_bar, str(meter)) == (ticks, sixteenths, text)


@pytest.mark.parametrize("text", ["4", "4/5", "0/4", "waltz", "17/4"])
def test_a_meter_that_cannot_be_counted_is_refused(text):
    with pytest.raises(InvalidOption):
        Meter.parse(text)


def test_a_bar_of_four_quarters_at_120_bpm_lasts_two_seconds():
    grid = TimeGrid(120.0, Meter())

    assert grid.bar_s == pytest.approx(2.0)
    assert grid.beat_s == pytest.approx(0.5)
    assert grid.bars_to_ticks(3) == 11520
    assert grid.ticks_to_bar(11519) == 2
    assert grid.ticks_to_frames(3840, 48000) == 96000


def test_seconds_and_ticks_convert_back_and_forth():
    grid = TimeGrid(93.5, Meter(numerator=3))

    assert all(grid.s_to_ticks(grid.ticks_to_s(ticks)) == ticks for ticks in (0, 1, 959, 2880, 123456))
    assert grid.ms_to_ticks(1000.0 * grid.beat_s) == 960
