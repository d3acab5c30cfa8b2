from __future__ import annotations

import pytest
from builders.intents import MakeIntent
from builders.pieces import Piece, make_piece

from aurax.arrange.entries import plan_entries
from aurax.arrange.form import SongForm, fit_bars, plan_form
from aurax.arrange.hearing import hear
from aurax.arrange.transitions import plan_transitions
from aurax.compose.style import Style
from aurax.compose.transitions import FxStyle
from aurax.score.role import Role
from aurax.score.time import Meter

ROLES: dict[str, Role] = {"drums": "drums", "bass": "bass", "other": "chords", "vocals": "lead"}
ALL = frozenset(ROLES)


@pytest.fixture(scope="module")
def form(style: Style, make_intent: MakeIntent, piece: Piece) -> SongForm:
    return plan_form(make_intent(), style, hear(piece.mix, tempo_hint_bpm=120.0), 56, None, 3)


def test_every_bar_of_the_song_has_a_bar_of_the_piece(form: SongForm) -> None:
    assert len(form.sources) == 56
    assert sum(bars for _, bars, _ in form.drafts) == 56
    assert all(0 <= source < 16 for source in form.sources)


def test_phrases_stay_whole(form: SongForm) -> None:
    for bar, source in enumerate(form.sources[:-1]):
        if (source + 1) % 4:
            assert form.sources[bar + 1] == source + 1 or bar + 1 in form.starts


def test_loud_phrases_play_in_energetic_sections(form: SongForm) -> None:
    loud = {4, 5, 6, 7, 12, 13, 14, 15}
    shares = {}
    for (name, bars, _), start in zip(form.drafts, form.starts, strict=False):
        shares[name] = sum(source in loud for source in form.sources[start : start + bars]) / bars

    assert shares["chorus"] == 1.0
    assert shares["break"] == 0.0


def test_sections_return_as_they_were(style: Style, make_intent: MakeIntent, piece: Piece) -> None:
    intent = make_intent(sections=("verse", "chorus", "verse", "chorus"))
    form = plan_form(intent, style, hear(piece.mix, tempo_hint_bpm=120.0), 32, None, 3)

    first, second = (
        form.sources[start : start + 8]
        for start, (name, _, _) in zip(form.starts, form.drafts, strict=False)
        if name == "chorus"
    )
    assert first == second


def test_piece_shorter_than_a_phrase_goes_round(style: Style, make_intent: MakeIntent) -> None:
    heard = hear(make_piece(120.0, 3).mix, tempo_hint_bpm=120.0)
    form = plan_form(make_intent(), style, heard, 12, None, 1)

    assert set(form.sources) <= {0, 1, 2}
    assert len(form.sources) == 12


def test_asked_tempo_stays_while_bars_are_fitted(style: Style, make_intent: MakeIntent) -> None:
    tempo, bars = fit_bars(make_intent(duration_s=60.0), style, Meter(), 120.0)

    assert tempo == 120.0
    assert 60.0 - 2.0 - style.form.tail_s < bars * 2.0 <= 60.0


DRAFTS = (
    ("intro", 8, 3.0),
    ("verse", 8, 5.5),
    ("break", 8, 3.0),
    ("build", 4, 5.5),
    ("chorus", 8, 9.0),
    ("outro", 8, 4.0),
)


def test_entries_follow_the_energy() -> None:
    intro, verse, rest, _, chorus, outro = plan_entries(DRAFTS, ROLES, [ALL] * 6)

    assert intro == ("other",)
    assert {"drums", "bass"} <= set(verse)
    assert "drums" not in rest
    assert chorus == ("drums", "bass", "other", "vocals")
    assert len(outro) < len(chorus)


def test_silent_stems_do_not_enter() -> None:
    playing = plan_entries(DRAFTS, ROLES, [ALL - {"vocals"}] * 6)

    assert all("vocals" not in names for names in playing)


def test_every_section_keeps_something_that_sounds() -> None:
    playing = plan_entries(DRAFTS, ROLES, [frozenset({"drums"})] * 6)

    assert all(names == ("drums",) for names in playing)


def test_what_was_asked_for_plays_in_most_of_the_song() -> None:
    playing = plan_entries(DRAFTS, ROLES, [ALL] * 6, frozenset({"vocals"}))

    bars = sum(length for (_, length, _), names in zip(DRAFTS, playing, strict=True) if "vocals" in names)
    assert bars >= 0.6 * 44


def test_drums_rest_and_noise_rises_before_the_drop() -> None:
    playing = plan_entries(DRAFTS, ROLES, [ALL] * 6)
    found = plan_transitions(DRAFTS, playing, ROLES, FxStyle(), 1, with_fx=True)

    assert [rest.end_bar for rest in found.rests["drums"]] == [28]
    assert any(one.start_bar + one.bars == 28.0 for one in found.fx)


def test_harmony_is_thrown_into_the_reverb_before_a_fall() -> None:
    playing = plan_entries(DRAFTS, ROLES, [ALL] * 6)
    found = plan_transitions(DRAFTS, playing, ROLES, FxStyle(), 1, with_fx=True)

    assert found.throws == (16, 36)


def test_drums_fill_between_equals() -> None:
    drafts = (("verse", 8, 6.0), ("bridge", 8, 6.5))
    found = plan_transitions(drafts, (("drums",), ("drums",)), ROLES, FxStyle(), 1, with_fx=True)

    assert [fill.end_bar for fill in found.fills] == [8]
    assert not found.rests


def test_refused_effects_leave_no_riser() -> None:
    found = plan_transitions(DRAFTS, [tuple(ROLES)] * 6, ROLES, FxStyle(), 1, with_fx=False)

    assert found.fx == ()
