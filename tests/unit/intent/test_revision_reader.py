"""Notes are read into changes: kind, scope, amount and what becomes of each."""

from __future__ import annotations

import pytest

from aurax.compose.style_registry import load_styles
from aurax.intent.revision import Change
from aurax.intent.revision_reader import read_revision
from aurax.render.instrument_registry import load_instruments


def read(note: str) -> tuple[Change, ...]:
    styles = [style.info for style in load_styles().values()]
    instruments = [instrument.info for instrument in load_instruments().values()]
    return read_revision(note, styles, instruments).changes


def only_change(note: str) -> Change:
    (change,) = read(note)
    return change


def test_slower_is_one_step_of_tempo_down() -> None:
    change = only_change("slower")
    assert (change.kind, change.amount, change.unit, change.relative) == ("tempo", -1.0, "steps", True)


@pytest.mark.parametrize(
    ("note", "amount"), [("a bit slower", -0.5), ("much faster", 2.0), ("slower, but only a bit", -0.5)]
)
def test_degrees_grade_a_change(note: str, amount: float) -> None:
    assert only_change(note).amount == amount


@pytest.mark.parametrize(
    ("note", "kind", "amount"),
    [
        ("it's too slow", "tempo", 1.0),
        ("too much reverb", "space", -1.0),
        ("plus lent", "tempo", -1.0),
        ("not so bright", "brightness", -1.0),
    ],
)
def test_complaints_ask_for_the_opposite(note: str, kind: str, amount: float) -> None:
    change = only_change(note)
    assert (change.kind, change.amount) == (kind, amount)


def test_a_list_of_parts_shares_what_is_said_of_the_first() -> None:
    assert [(one.kind, one.scope.parts) for one in read("without drums and bass")] == [
        ("remove", ("drums",)),
        ("remove", ("bass",)),
    ]


def test_a_list_of_parts_shares_what_is_said_of_the_last() -> None:
    change = only_change("bass and drums louder")
    assert (change.kind, change.scope.parts, change.amount) == ("level", ("bass", "drums"), 1.0)


def test_two_parts_can_go_two_ways() -> None:
    changes = read("make the drums louder and the bass quieter")
    assert [(one.scope.parts, one.amount) for one in changes] == [(("drums",), 1.0), (("bass",), -1.0)]


def test_the_section_of_a_change_is_its_scope() -> None:
    change = only_change("take the bass out in the intro")
    assert (change.kind, change.scope.parts, change.scope.sections) == ("remove", ("bass",), ("intro",))


def test_contradictions_are_not_done() -> None:
    assert [one.fate for one in read("slower and faster")] == ["not_done", "not_done"]


def test_a_number_makes_a_word_more_precise() -> None:
    change = only_change("faster, 130 bpm")
    assert (change.amount, change.unit, change.relative) == (130.0, "bpm", False)


def test_single_bars_are_understood_and_not_done() -> None:
    change = only_change("bars 17-24 louder")
    assert (change.scope.bars, change.fate) == ((17, 24), "not_done")


def test_what_nobody_knows_is_asked_back() -> None:
    assert {one.kind for one in read("blorp the fizz")} == {"unknown"}


def test_a_part_without_a_verb_is_asked_back() -> None:
    change = only_change("the guitar")
    assert (change.kind, change.fate) == ("unknown", "not_understood")


def test_the_words_of_a_change_stand_where_it_says() -> None:
    note = "Please make it slowr, without durms"
    assert [note[one.start : one.end] for one in read(note)] == ["slowr", "without durms"]


@pytest.mark.parametrize(
    "note",
    [
        "langsamer und ohne Schlagzeug",
        "plus lent, sans batterie",
        "más lento y sin batería",
        "più lento, senza batteria",
        "mais lento, sem bateria",
        "もっと遅く、ドラムなしで",
        "慢一点，不要鼓",
    ],
)
def test_plain_notes_are_read_in_eight_languages(note: str) -> None:
    assert [(one.kind, one.scope.parts) for one in read(note)] == [("tempo", ()), ("remove", ("drums",))]
