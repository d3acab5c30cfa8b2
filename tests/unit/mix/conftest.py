"""The small song for the mix as fixtures."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from builders import mixed_song

from aurax.audio.waveform import Waveform
from aurax.score.production import ProductionProfile
from aurax.score.score import Score

MakeScore = Callable[..., Score]


@pytest.fixture
def profile() -> ProductionProfile:
    return mixed_song.PROFILE


@pytest.fixture
def make_score() -> MakeScore:
    return mixed_song.make_score


@pytest.fixture
def load_stem() -> Callable[[str], Waveform]:
    return mixed_song.load_stem
