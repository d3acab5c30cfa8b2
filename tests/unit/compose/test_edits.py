"""Edits of a score: what they change, and that all else stays to the bit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders.composed import STYLES, in_style, instruments

from aurax.compose.edits.mode import semitone_map, set_mode
from aurax.compose.edits.parts import remove_parts, silence_parts
from aurax.compose.edits.tempo import set_tempo
from aurax.compose.edits.transpose import is_tuned, transpose
from aurax.score.key import MODES, Key
from aurax.score.score import Score

by_style = pytest.mark.parametrize("style", STYLES)


def pitch_classes(score: Score) -> list[list[int]]:
    return [[note.pitch % 12 for note in track.notes] for track in score.tracks]


@by_style
def test_another_tempo_keeps_every_tick(style: str) -> None:
    score = in_style(style).score
    slower = set_tempo(score, 60.0, instruments())
    assert [track.notes for track in slower.tracks] == [track.notes for track in score.tracks]
    assert [track.lanes for track in slower.tracks] == [track.lanes for track in score.tracks]


@by_style
def test_another_tempo_stretches_the_whole_song_alike(style: str) -> None:
    score = in_style(style).score
    slower = set_tempo(score, score.plan.tempo_bpm / 2.0, instruments())
    assert slower.plan.duration_s == pytest.approx(2.0 * score.plan.duration_s)


@by_style
def test_a_part_that_leaves_changes_no_other(style: str) -> None:
    score = in_style(style).score
    edited = remove_parts(score, {"bass"})
    assert edited.tracks == tuple(track for track in score.tracks if track.name != "bass")
    assert all("bass" not in section.parts for section in edited.plan.sections)


def test_the_last_part_does_not_leave() -> None:
    score = in_style("lofi").score
    alone = replace(score, tracks=score.tracks[:1])
    assert remove_parts(alone, {alone.tracks[0].name}) is alone


@by_style
def test_a_part_rests_in_a_section_and_plays_on_elsewhere(style: str) -> None:
    score = in_style(style).score
    place = next(index for index, one in enumerate(score.plan.sections) if "bass" in one.parts)
    section, grid = score.plan.sections[place], score.plan.grid
    start, end = grid.bars_to_ticks(section.start_bar), grid.bars_to_ticks(section.end_bar)
    edited = silence_parts(score, {"bass"}, {place})
    kept = {track.name: track.notes for track in edited.tracks}.get("bass", ())
    assert not [note for note in kept if start <= note.start_ticks < end]
    elsewhere = [note.start_ticks for note in score.track("bass").notes if not start <= note.start_ticks < end]
    if section.end_bar < score.plan.bars:
        assert [note.start_ticks for note in kept] == elsewhere


@by_style
@pytest.mark.parametrize("semitones", [-5, -1, 2, 6])
def test_transposing_moves_every_tuned_note_by_the_interval(style: str, semitones: int) -> None:
    score = in_style(style).score
    moved = transpose(score, semitones, instruments())
    for before, after in zip(score.tracks, moved.tracks, strict=True):
        by = semitones if is_tuned(before, instruments()) else 0
        assert sorted((note.start_ticks, (note.pitch + by) % 12) for note in before.notes) == sorted(
            (note.start_ticks, note.pitch % 12) for note in after.notes
        )


@by_style
def test_transposing_up_and_down_gives_the_same(style: str) -> None:
    score = in_style(style).score
    there = transpose(score, 1, instruments())
    back = transpose(there, -1, instruments(), score.plan.tonic)
    assert back.plan == score.plan
    assert back.tracks == score.tracks


@by_style
def test_transposed_chords_have_the_pitches_of_the_interval(style: str) -> None:
    score = in_style(style).score
    moved = transpose(score, 3, instruments())
    assert [tuple((one + 3) % 12 for one in span.chord.pitch_classes) for span in score.plan.chords] == [
        span.chord.pitch_classes for span in moved.plan.chords
    ]


def test_from_major_to_minor_the_third_sixth_and_seventh_fall() -> None:
    steps = semitone_map("major", "minor")
    assert [steps[degree] - degree for degree in MODES["major"]] == [0, 0, -1, 0, 0, -1, -1]


def test_a_leading_tone_stays_where_major_has_it() -> None:
    assert semitone_map("minor", "major")[11] == 11


@by_style
@pytest.mark.parametrize("mode", ["major", "minor", "dorian"])
def test_chords_of_another_mode_hold_the_notes_that_sound(style: str, mode: str) -> None:
    score = in_style(style).score
    edited = set_mode(score, mode, instruments())
    steps = semitone_map(score.plan.mode, mode)
    tonic = Key(score.plan.tonic, mode).tonic_pitch_class
    for before, after in zip(score.plan.chords, edited.plan.chords, strict=True):
        meant = {(steps[(one - tonic) % 12] + tonic) % 12 for one in before.chord.pitch_classes}
        assert set(after.chord.pitch_classes) <= meant
        assert len(meant) - len(set(after.chord.pitch_classes)) <= 1


@by_style
def test_drums_stay_to_the_bit_in_another_mode(style: str) -> None:
    score = in_style(style).score
    other = "minor" if not score.plan.key.is_minor else "major"
    edited = set_mode(score, other, instruments())
    assert [track for track in edited.tracks if track.is_drums] == [track for track in score.tracks if track.is_drums]


@by_style
def test_edited_notes_stay_within_their_instruments(style: str) -> None:
    for semitones in (-6, 6, 11):
        for track in transpose(in_style(style).score, semitones, instruments()).tracks:
            info = instruments()[track.instrument]
            assert all(info.is_kit or info.lowest_pitch <= note.pitch <= info.highest_pitch for note in track.notes)
