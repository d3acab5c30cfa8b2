from __future__ import annotations

import numpy as np
from builders.pieces import Piece, make_piece

from aurax.arrange.hearing import hear
from aurax.arrange.sections import bar_features, novelty


def changes(piece: Piece) -> np.ndarray:
    return novelty(bar_features(hear(piece.mix, tempo_hint_bpm=120.0)))


def test_novelty_is_highest_where_sections_start(piece: Piece) -> None:
    highest = sorted(int(bar) for bar in np.argsort(-changes(piece))[:3])
    assert all(abs(found - true) <= 1 for found, true in zip(highest, (4, 8, 12), strict=True))


def test_music_that_never_changes_has_no_novelty(piece: Piece) -> None:
    assert changes(make_piece(120.0, 12)).max() < 0.2 * changes(piece).max()
