"""Numbers become words only where people read them."""

import pytest

from aurax.judge.findings import finding
from aurax.judge.wording import expected_words, failure_words, measured_words


def check(**fields):
    return finding("any", "mix", **{"measured": 0.0, **fields})


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"low": -14, "high": -5, "unit": "db"}, "−14 to −5 dB"),
        ({"low": -30, "unit": "lu", "target": "cello"}, "cello, at least −30 LU"),
        ({"high": -1, "unit": "dbtp"}, "at most −1 dBTP"),
        ({"high": 0, "unit": "clicks"}, "no clicks"),
        ({"high": 0, "unit": "lu"}, "at most 0 LU"),
        ({"low": 16, "high": 16, "unit": "bars"}, "16 bars"),
        ({"low": 1, "high": 1, "unit": "bars"}, "1 bar"),
        ({"low": 0.85, "unit": "share"}, "at least 85 %"),
        ({"low": 0.2, "high": 0.95, "unit": "correlation"}, "0.2 to 0.95"),
        ({"target": "A minor"}, "A minor"),
        ({}, "nothing amiss"),
    ],
)
def test_bounds_and_targets_are_said_as_people_say_them(fields, words):
    assert expected_words(check(**fields)) == words


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"measured": -3.249, "unit": "db"}, "−3.25 dB"),
        ({"measured": "silence", "unit": "lufs"}, "silence"),
        ({"measured": None}, "nothing"),
        ({"measured": "A minor", "note": "97% of the notes fit"}, "A minor (97% of the notes fit)"),
        ({"measured": 3, "unit": "bars", "note": "without a change"}, "3 bars (without a change)"),
        ({"measured": 0.4567, "unit": "share"}, "46 %"),
    ],
)
def test_what_was_measured_has_its_unit_and_its_note(fields, words):
    assert measured_words(check(**fields)) == words


def test_a_failed_check_is_one_line():
    assert failure_words(check(measured=3.0, high=2, unit="lu")) == "any: expected at most 2 LU, measured 3 LU"
