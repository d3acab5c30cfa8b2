"""A style, intents and pieces for the tests of the arranger."""

from __future__ import annotations

import pytest
from builders.intents import MakeIntent, house_intent
from builders.pieces import Piece, contrast_piece

from aurax.arrange.arranger import Arranged, arrange
from aurax.compose.style import Style
from aurax.compose.style_registry import load_styles


@pytest.fixture(scope="session")
def style() -> Style:
    return load_styles()["deep-house"]


@pytest.fixture(scope="session")
def make_intent() -> MakeIntent:
    return house_intent


@pytest.fixture(scope="session")
def piece() -> Piece:
    return contrast_piece()


@pytest.fixture(scope="session")
def arranged(style: Style, make_intent: MakeIntent, piece: Piece) -> Arranged:
    return arrange(make_intent(), style, piece.mix, piece.stems, seed=5, engine="debug")
