"""Small instruments and scores as fixtures."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from builders.faust import KIT, SINE, one_track, write_sine

from aurax.render.instrument import Instrument, load_instrument
from aurax.score.score import Score


@pytest.fixture
def write_instrument(tmp_path: Path) -> Callable[..., Path]:
    return partial(write_sine, tmp_path)


@pytest.fixture
def sine(write_instrument: Callable[..., Path]) -> Instrument:
    return load_instrument(write_instrument())


@pytest.fixture
def kit(write_instrument: Callable[..., Path]) -> Instrument:
    return load_instrument(write_instrument(KIT, name="kit"))


@pytest.fixture
def sine_description() -> str:
    return SINE


@pytest.fixture
def kit_description() -> str:
    return KIT


@pytest.fixture
def make_score() -> Callable[..., Score]:
    return one_track
