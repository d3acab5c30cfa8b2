from __future__ import annotations

from builders.pieces import Piece, make_piece

from aurax.arrange.hearing import hear
from aurax.arrange.sections import find_sections


def test_boundaries_are_found_within_a_bar(piece: Piece) -> None:
    sections = find_sections(hear(piece.mix, tempo_hint_bpm=120.0))

    starts = [section.start_bar for section in sections]
    assert len(starts) == 4
    assert all(abs(found - true) <= 1 for found, true in zip(starts, (0, 4, 8, 12), strict=True))


def test_sections_are_named_by_energy_and_place(piece: Piece) -> None:
    sections = find_sections(hear(piece.mix, tempo_hint_bpm=120.0))

    assert [section.name for section in sections] == ["intro", "chorus", "break", "chorus"]
    assert sections[1].energy > sections[0].energy + 2.0


def test_music_that_never_changes_is_one_section() -> None:
    sections = find_sections(hear(make_piece(120.0, 12).mix, tempo_hint_bpm=120.0))

    assert [(section.start_bar, section.bars) for section in sections] == [(0, 12)]
