"""Strange notes: whatever is written, it is read into changes or refused in words."""

from __future__ import annotations

import pytest
from builders.composed import read_note
from hypothesis import given, settings
from hypothesis import strategies as st

from aurax.errors import InvalidPrompt
from benchmarks import notes

_WORDS = sorted({word for row in notes.rows() for word in row["note"].split()})


@given(st.lists(st.sampled_from(_WORDS), min_size=1, max_size=8))
@settings(max_examples=150, deadline=None)
def test_words_in_any_order_make_changes_that_stand_in_the_note(words: list[str]) -> None:
    note = " ".join(words)
    for change in read_note(note).changes:
        assert change.words in note
        assert note[change.start : change.end].strip() == change.words


@given(st.text(min_size=1, max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        changes = read_note(text).changes
    except InvalidPrompt:
        return
    assert changes


@pytest.mark.parametrize("note", ["", "   ", "x" * 2001])
def test_no_note_and_too_long_ones_are_refused(note: str) -> None:
    with pytest.raises(InvalidPrompt):
        read_note(note)


@pytest.mark.parametrize("note", ["at 5 bpm", "-99 LUFS", "in H minor", "make it 9 hours", "0 bpm", "500% faster"])
def test_what_cannot_be_is_said_and_raises_nothing(note: str) -> None:
    assert read_note(note).changes
