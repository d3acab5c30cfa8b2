"""Endings: every stem falls silent, and none of them with a step."""

import numpy as np
import pytest

from aurax.arrange.ending import end_stem

RATE = 48_000
LAST_BAR = 2 * RATE


def low_tone() -> np.ndarray:
    """A loud 40 Hz tone of 4 s that stands at a crest where the last bar ends."""
    time_s = np.arange(4 * RATE) / RATE
    return np.tile(0.8 * np.cos(2 * np.pi * 40.0 * (time_s - 2.0)), (2, 1)).astype(np.float32)


@pytest.mark.parametrize("role", ["drums", "bass", "chords"])
@pytest.mark.parametrize("ending", ["hit", "ring", "strip"])
def test_no_ending_leaves_a_step(role, ending: str) -> None:
    stem = low_tone()
    before = float(np.abs(np.diff(stem)).max())
    end_stem(stem, role, ending, LAST_BAR, RATE)
    assert float(np.abs(np.diff(stem)).max()) < 1.5 * before
    assert np.abs(stem[:, -10:]).max() < 1e-3


def test_a_strip_takes_the_drums_away_before_the_line_and_lets_the_harmony_ring() -> None:
    drums, chords = low_tone(), low_tone()
    end_stem(drums, "drums", "strip", LAST_BAR, RATE)
    end_stem(chords, "chords", "strip", LAST_BAR, RATE)
    assert not drums[:, LAST_BAR:].any()
    assert np.abs(chords[:, LAST_BAR : LAST_BAR + RATE // 2]).max() > 0.3
