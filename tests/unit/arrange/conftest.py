"""A style, intents and pieces for the tests of the arranger."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from arrange_material import Piece, contrast_piece

from aurax.arrange.arranger import Arranged, arrange
from aurax.compose.style import Style
from aurax.compose.style_registry import load_styles
from aurax.intent.contract import Contract
from aurax.intent.intent import Intent

MakeIntent = Callable[..., Intent]


@pytest.fixture(scope="session")
def style() -> Style:
    return load_styles()["deep-house"]


@pytest.fixture(scope="session")
def make_intent() -> MakeIntent:
    def make(**fields: object) -> Intent:
        given: dict[str, object] = {
            "prompt": "deep house",
            "title": "test",
            "style": "deep-house",
            "tempo_bpm": 120.0,
            "duration_s": 62.0,
            "contract": Contract(requirements=()),
        }
        return Intent.model_validate(given | fields)

    return make


@pytest.fixture(scope="session")
def piece() -> Piece:
    return contrast_piece()


@pytest.fixture(scope="session")
def arranged(style: Style, make_intent: MakeIntent, piece: Piece) -> Arranged:
    return arrange(make_intent(), style, piece.mix, piece.stems, seed=5, engine="debug")
