"""Changes are told in plain English, with what became of them."""

from __future__ import annotations

import pytest
from builders.composed import in_style, read_note, revised

from aurax.intent.notes.wording import meaning, sentence


@pytest.mark.parametrize(
    ("note", "meant"),
    [
        ("etwas langsamer", "a bit slower"),
        ("at 90 bpm", "90 BPM"),
        ("10 bpm faster", "faster by 10 BPM"),
        ("sans batterie", "without drums"),
        ("lower the bass by 3 dB", "quieter by 3 dB bass"),
        ("drums only in the chorus", "drums only in the chorus"),
        ("no drums in the second verse", "without drums in the second verse"),
        ("a semitone higher", "up by 1 semitone"),
        ("undo", "back to the version before"),
        ("bars 17-24 louder", "louder in bars 17 to 24"),
    ],
)
def test_a_change_is_said_in_plain_english(note: str, meant: str) -> None:
    assert meaning(read_note(note).changes[0]) == meant


def test_what_is_done_says_what_came_of_it() -> None:
    (change,) = revised(in_style("lofi"), "langsamer").revisions[0].changes
    assert sentence(change).startswith('"langsamer" (slower): done; the same bars last 1:05 instead of 1:00')


def test_what_is_not_done_says_why() -> None:
    (change,) = revised(in_style("lofi"), "louder cowbell").revisions[0].changes
    assert sentence(change) == '"louder cowbell": not done; no cowbell plays.'


def test_what_nobody_knows_is_asked_back() -> None:
    assert sentence(read_note("blorp").changes[0]) == '"blorp": not understood; these words are not known.'
