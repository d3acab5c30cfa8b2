from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurax.deliver.slug import MAX_LENGTH, slug


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Neon Rain, 120 BPM!", "neon-rain-120-bpm"),
        ("Café déjà vu", "cafe-deja-vu"),
        ("don't stop", "dont-stop"),
        ("../../etc/passwd", "etc-passwd"),
        ("🎹🌧", "song"),
        ("夜の雨", "song"),
        ("", "song"),
        ("NUL", "nul-song"),
        ("com1", "com1-song"),
    ],
)
def test_slug_makes_readable_folder_names(text: str, name: str) -> None:
    assert slug(text) == name


def test_slug_cuts_long_names_between_words() -> None:
    name = slug("a slow and hazy afternoon with tape hiss rhodes chords and a distant trumpet")

    assert name == "a-slow-and-hazy-afternoon-with-tape-hiss-rhodes-chords-and-a"


@given(st.text())
def test_slug_is_always_a_safe_folder_name(text: str) -> None:
    name = slug(text)

    assert 1 <= len(name) <= MAX_LENGTH
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert name[0] != "-"
    assert name[-1] != "-"
