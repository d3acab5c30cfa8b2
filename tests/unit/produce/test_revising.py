"""Revisions carried out: intent, notes and mix change together, at the cheapest layer."""

from __future__ import annotations

import pytest
from builders.composed import STYLES, composed, in_style, revised, score_of

from aurax.judge.criterion import Evidence
from aurax.judge.criterion_registry import load_criteria
from aurax.judge.judge import judge


@pytest.mark.parametrize(
    ("note", "layer"),
    [
        ("slower", "score"),
        ("in Eb minor", "score"),
        ("without drums", "score"),
        ("louder bass", "mix"),
        ("less reverb", "mix"),
        ("brighter", "master"),
        ("-9 LUFS", "master"),
        ("make it 2 minutes", "plan"),
        ("another take", "plan"),
        ("with a guitar", "plan"),
    ],
)
def test_each_change_is_made_at_its_cheapest_layer(note: str, layer: str) -> None:
    assert revised(in_style("lofi"), note).layer == layer


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    "note",
    [
        "slower",
        "at 90 bpm",
        "in minor",
        "in major",
        "up a tone",
        "a fourth lower",
        "without drums",
        "no bass",
        "slower, without drums and in minor",
        "brighter and less reverb",
    ],
)
def test_the_judge_accepts_what_a_note_made(style: str, note: str) -> None:
    song = revised(in_style(style), note)
    verdict = judge(Evidence(intent=song.intent, score=score_of(song), stems={}), load_criteria())
    assert [check.name for check in verdict.failures if check.required] == []


def test_the_judge_holds_a_song_to_the_tempo_of_its_note() -> None:
    song, before = revised(in_style("lofi"), "at 90 bpm"), in_style("lofi").score
    verdict = judge(Evidence(intent=song.intent, score=before, stems={}), load_criteria())
    assert "tempo" in [check.name for check in verdict.failures]


def test_the_judge_finds_a_part_that_should_have_left() -> None:
    song, before = revised(in_style("lofi"), "without drums"), in_style("lofi").score
    verdict = judge(Evidence(intent=song.intent, score=before, stems={}), load_criteria())
    assert "instrument_absent:drums" in [check.name for check in verdict.failures]


def test_what_was_asked_before_no_longer_holds() -> None:
    song = revised(composed("lofi at 80 bpm"), "at 90 bpm")
    assert [wish.value for wish in song.intent.wishes if wish.field == "tempo"] == ["90 bpm"]
    assert [one.target for one in song.intent.contract.named("tempo")] == [90.0]


def test_a_wish_from_a_note_says_which_note() -> None:
    song = revised(in_style("lofi"), "please slower")
    (wish,) = [one for one in song.intent.wishes if one.field == "tempo"]
    assert (wish.words, wish.note) == ("slower", "please slower")


def test_repeated_notes_add_up_within_bounds() -> None:
    notes = ["brighter"] * 9
    song = revised(in_style("lofi"), *notes)
    assert song.mix.asked.high_db == 7.5
    assert song.revisions[-1].changes[0].fate == "not_done"


def test_a_note_that_needs_other_notes_takes_the_others_with_it() -> None:
    song = revised(in_style("lofi"), "slower and 2 minutes long")
    assert (song.layer, song.score) == ("plan", None)
    assert song.intent.tempo_bpm == round(in_style("lofi").score.plan.tempo_bpm / 1.08)


def test_before_any_notes_slower_is_slower_than_the_style() -> None:
    from builders.composed import read_note, tools

    from aurax.mix.settings import MixSettings
    from aurax.produce.revising import carry_out

    intent = in_style("lofi").intent
    song = carry_out([read_note("slower")], intent, None, MixSettings(), 1, tools())
    typical = tools().styles["lofi"].typical_tempo_bpm
    assert (song.layer, song.intent.tempo_bpm) == ("plan", round(typical / 1.08))


def test_another_take_has_another_seed() -> None:
    song = in_style("lofi")
    assert revised(song, "another take").seed != song.seed


def test_the_last_part_stays() -> None:
    alone = revised(in_style("lofi"), "only bass")
    again = revised(type(in_style("lofi"))(alone.intent, score_of(alone), 7), "without bass")
    assert again.revisions[0].changes[0].fate == "not_done"


def test_generated_sound_has_no_notes_to_edit() -> None:
    from dataclasses import replace

    song = in_style("lofi")
    heard = type(song)(song.intent, replace(song.score, origin="transcribed"), song.seed)
    assert revised(heard, "slower").revisions[0].changes[0].fate == "not_done"
    assert revised(heard, "brighter").layer == "master"


def test_a_note_without_anything_it_can_do_changes_nothing() -> None:
    song = in_style("lofi")
    result = revised(song, "louder cowbell")
    assert (result.intent, result.score, result.layer) == (song.intent, song.score, "master")


def test_a_part_that_rests_in_a_section_does_so_in_other_notes_too() -> None:
    song = composed("deep house, 1 minute")
    result = revised(song, "drums only in the chorus", "another take")
    score, grid = score_of(result), score_of(result).plan.grid
    chorus = [one for one in score.plan.sections if one.name == "chorus"]
    places = [(grid.bars_to_ticks(one.start_bar), grid.bars_to_ticks(one.end_bar)) for one in chorus]
    drums = [note.start_ticks for track in score.named("drums") for note in track.notes]
    assert drums
    assert all(any(start <= tick < end for start, end in places) for tick in drums)


def test_the_judge_finds_a_part_that_plays_where_it_should_rest() -> None:
    song = composed("deep house, 1 minute")
    asked = revised(song, "drums only in the chorus").intent
    verdict = judge(Evidence(intent=asked, score=song.score, stems={}), load_criteria())
    assert "structure:drums only in the chorus" in [check.name for check in verdict.failures]


def test_one_of_several_sections_can_be_meant() -> None:
    song = composed("deep house with intro, chorus, break, chorus, outro, 2 minutes")
    edited = score_of(revised(song, "no drums in the first chorus"))
    first, later = (one for one in edited.plan.sections if one.name == "chorus")
    grid = edited.plan.grid
    drums = [note.start_ticks for track in edited.named("drums") for note in track.notes]
    assert not [one for one in drums if first.start_bar <= grid.ticks_to_bar(one) < first.end_bar]
    assert [one for one in drums if later.start_bar <= grid.ticks_to_bar(one) < later.end_bar]


def test_a_part_that_stands_in_for_another_is_found_by_what_was_asked() -> None:
    song = composed("lofi with guitar")
    assert revised(song, "louder guitar").layer == "mix"


def test_nothing_stands_in_for_what_nobody_asked_for() -> None:
    (change,) = revised(in_style("lofi"), "louder guitar").revisions[0].changes
    assert (change.fate, change.reason) == ("not_done", "no guitar plays")


def test_parts_that_leave_too_little_are_composed_anew() -> None:
    result = revised(composed("ambient, 2 minutes"), "only bass and drums")
    verdict = judge(Evidence(intent=result.intent, score=score_of(result), stems={}), load_criteria())
    assert (result.layer, verdict.passed) == ("plan", True)


def test_a_loop_keeps_its_bars_at_another_tempo() -> None:
    song = composed("4 bar lofi loop")
    result = revised(song, "faster")
    verdict = judge(Evidence(intent=result.intent, score=score_of(result), stems={}), load_criteria())
    assert (score_of(result).plan.bars, verdict.passed) == (4, True)


def test_no_song_is_slower_than_the_slowest() -> None:
    (change,) = revised(in_style("ambient"), "at 30 bpm").revisions[0].changes
    assert change.is_done
    song = revised(in_style("ambient"), "half speed", "half speed", "half speed")
    assert song.intent.tempo_bpm == 30.0
    assert [one.changes[0].fate for one in song.revisions] == ["exact", "substituted", "not_done"]
