from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from builders.plans import chord, context, kit, plan, sixteenths

from aurax.compose.bass import BassRow, BassStyle, degree_pitch, fit_places, write_bass
from aurax.compose.bass_octaves import choose_octaves, root_pitches
from aurax.compose.drums import write_drums
from aurax.compose.styles import ambient, deep_house, lofi, synthwave
from aurax.errors import InvalidOption
from aurax.score.chord import Chord
from aurax.score.score import Note
from aurax.score.time import Meter

STYLES = {"lofi": lofi, "deep-house": deep_house, "synthwave": synthwave, "ambient": ambient}
A_MINOR = (9, 11, 0, 2, 4, 5, 7)


def one_row(row, **settings):
    return BassStyle(rows=(BassRow(row),), approach_share=0.0, gate=1.0, **settings)


def test_row_follows_the_chords():
    song = plan((("verse", 2, 5),), ("Am9", "Fmaj7"))
    notes = write_bass(context(song), one_row("1------1..5-...."))
    assert sixteenths(song, notes) == ["1.1.1 A1", "1.2.4 A1", "1.3.3 E1", "2.1.1 F1", "2.2.4 F1", "2.3.3 C2"]
    assert [note.duration_ticks // 240 for note in notes] == [7, 1, 2, 7, 1, 2]


@pytest.mark.parametrize(
    ("degree", "name", "pitch"),
    [("1", "Am9", 33), ("8", "Am9", 45), ("5", "Am9", 40), ("3", "Am9", 36), ("3", "Fmaj7", 33), ("b7", "Am9", 43),
     ("b7", "Fmaj7", 40), ("6", "Am9", 41), ("1", "C/E", 28), ("5", "C/E", 31)],
)  # fmt: skip
def test_degrees_over_chords(degree, name, pitch):
    assert degree_pitch(degree, chord(name), A_MINOR, (28, 47)) == pitch


def test_octave_folds_down_when_the_register_is_too_narrow():
    assert degree_pitch("8", chord("Am9"), A_MINOR, (28, 40)) == 33


def test_held_note_is_struck_again_where_the_chord_changes_within_the_bar():
    song = plan((("verse", 1, 5),), ("Am9",))
    half = [type(song.chords[0])(i * 1920, 1920, chord(name)) for i, name in enumerate(("Am9", "Dm7"))]
    song = song.model_copy(update={"chords": tuple(half)})
    notes = write_bass(context(song), one_row("1---------------"))
    assert sixteenths(song, notes) == ["1.1.1 A1", "1.3.1 D2"]


@pytest.mark.parametrize("name", STYLES)
@pytest.mark.parametrize("meter", ["4/4", "3/4"])
def test_bass_never_overlaps_and_enters_each_chord_on_its_bass_note(name, meter):
    for seed in range(10):
        song = plan(seed=seed, meter=meter, chords=("Am9", "F", "C/E", "G"))
        for index in range(6):
            here = context(song, index)
            kick = write_drums(here, STYLES[name].DRUMS, "kick", kit())
            here = context(song, index, kick=kick)
            notes = write_bass(here, STYLES[name].BASS)
            assert notes
            assert all(a.end_ticks <= b.start_ticks for a, b in pairwise(notes))
            assert all(here.start_ticks <= n.start_ticks and n.end_ticks <= here.end_ticks for n in notes)
            low, high = STYLES[name].BASS.register
            assert all(low <= n.pitch <= high for n in notes)
            for span in here.chords:
                inside = [n for n in notes if span.start_ticks <= n.start_ticks < span.end_ticks]
                assert not inside or inside[0].pitch % 12 == span.chord.bass_pitch_class


def test_bass_doubles_the_kick_where_it_rests():
    song = plan((("verse", 1, 5),), ("Am9",))
    kick = (Note(0, 120, 36, 120), Note(7 * 240, 120, 36, 100), Note(13 * 240, 120, 36, 100))
    notes = write_bass(context(song, kick=kick), one_row("1-----....5-....", kick_answer="with"))
    assert sixteenths(song, notes) == ["1.1.1 A1", "1.2.4 A1", "1.3.3 E2", "1.4.2 A1"]


def test_bass_steps_out_of_the_kick_s_way():
    song = plan((("verse", 1, 5),), ("Am9",))
    kick = tuple(Note(i * 960, 120, 36, 120) for i in range(4))
    notes = write_bass(context(song, kick=kick), one_row("1...1.1.1...1...", kick_answer="between"))
    assert sixteenths(song, notes) == ["1.1.1 A1", "1.2.2 A1", "1.2.3 A1", "1.3.2 A1", "1.4.2 A1"]


def test_phrase_ends_lead_into_the_next_root():
    style = BassStyle(rows=(BassRow("1.1.1.1.1.1.1.1."),), approach_share=1.0)
    song = plan((("verse", 8, 6),), ("Am9", "Fmaj7", "C", "G"))
    notes = write_bass(context(song), style)
    assert sixteenths(song, notes)[28:33] == ["4.3.1 G1", "4.3.3 G1", "4.4.1 G1", "4.4.3 Ab1", "5.1.1 A1"]
    middle = [n.pitch % 12 for n in notes if n.start_ticks < 3 * 3840]
    assert set(middle) == {9, 5, 0}


def test_ambient_bass_holds_each_bass_note_and_melts_repeats():
    song = plan((("a", 8, 4),), ("Am9", "Am9", "Fmaj7", "F"))
    notes = write_bass(context(song), ambient.BASS)
    assert sixteenths(song, notes) == ["1.1.1 A1", "3.1.1 F1", "5.1.1 A1", "7.1.1 F1"]
    assert {note.duration_ticks for note in notes} == {2 * 3840}


def test_quiet_sections_play_the_sparser_rows():
    song = plan((("intro", 8, 2), ("chorus", 8, 9)))
    for style in (lofi.BASS, synthwave.BASS, deep_house.BASS):
        assert len(write_bass(context(song, 0), style)) < len(write_bass(context(song, 1), style))


def test_fourth_bar_may_differ_but_bars_repeat_every_four():
    song = plan((("verse", 16, 6),), ("Am9",), seed=3)
    notes = write_bass(context(song), lofi.BASS)
    bars = [[(n.start_ticks % 3840, n.pitch) for n in notes if n.start_ticks // 3840 == bar] for bar in range(16)]
    assert all(bars[bar] == bars[bar + 4] for bar in range(12))


def test_same_seed_same_bass_and_seeds_differ():
    lines = [write_bass(context(plan(seed=seed), 1), lofi.BASS) for seed in (1, 1, 2, 3, 4, 5, 6)]
    assert lines[0] == lines[1]
    assert len(set(lines)) >= 3


def test_three_four_keeps_the_start_and_the_last_beat():
    assert "".join(fit_places(BassRow("1------1..5-8...").places, Meter.parse("3/4"))) == "1------18..."


def test_no_chords_or_no_energy_means_no_bass():
    assert write_bass(context(plan(chords=())), lofi.BASS) == ()
    assert write_bass(context(plan((("break", 4, 0),))), lofi.BASS) == ()


@pytest.mark.parametrize("row", ["1...", "1..............x", "1---------------1", "9..............."])
def test_malformed_rows_are_refused(row):
    with pytest.raises(InvalidOption, match="16 degrees"):
        BassRow(row)


def test_a_style_without_rows_must_hold():
    with pytest.raises(InvalidOption, match="at least one row"):
        write_bass(context(plan()), BassStyle(rows=()))


def test_returns_of_nearly_equal_energy_repeat_bit_for_bit():
    song = plan((("verse", 8, 5.6), ("verse", 8, 6.1)))
    first, second = (write_bass(context(song, index), lofi.BASS) for index in (0, 1))
    assert [(n.start_ticks + 8 * 3840, n.pitch, n.velocity) for n in first] == [
        (n.start_ticks, n.pitch, n.velocity) for n in second
    ]


def moves_at_changes(song, notes):
    """Semitones from the first note over a root to the first over the next, and from the note before that."""
    roots = [context(song).plan.chords[n.start_ticks // song.meter.ticks_per_bar].chord.bass_pitch_class for n in notes]
    changes = [place for place in range(1, len(notes)) if roots[place] != roots[place - 1]]
    firsts = [0, *changes]
    pairs = [(notes[a], notes[b]) for a, b in pairwise(firsts)] + [(notes[b - 1], notes[b]) for b in changes]
    return [abs(after.pitch - before.pitch) for before, after in pairs]


@pytest.mark.parametrize("name", STYLES)
@pytest.mark.parametrize("semitones", range(12))
def test_roots_that_are_a_step_apart_never_leap_by_a_seventh(name, semitones):
    loops = [(9, 7, 5, 4), (9, 5, 0, 7), (2, 4, 0, 9), (7, 5, 3, 0), (0, 9, 2, 7), (5, 7, 9, 0), (11, 4, 9, 2)]
    for seed, loop in enumerate(loops):
        names = [Chord("", "", (root + semitones) % 12, (0, 4, 7), (root + semitones) % 12) for root in loop]
        song = plan((("verse", 16, 6),), ("C",), seed=seed)
        spans = [replace(span, chord=names[bar % 4]) for bar, span in enumerate(song.chords)]
        song = song.model_copy(update={"chords": tuple(spans)})
        moves = moves_at_changes(song, write_bass(context(song), STYLES[name].BASS))
        assert moves
        assert sum(8 <= move <= 11 for move in moves) / len(moves) < 0.03, (loop, moves)


def test_a_loop_that_only_falls_leaps_once_a_round_and_stays_in_the_register():
    pitches = choose_octaves(tuple(("verse", pc) for pc in (0, 9, 5, 2) * 4), (28, 47))

    assert all(28 <= pitch <= 47 for pitch in pitches)
    assert pitches[:4] == pitches[4:8]
    assert sum(8 <= abs(b - a) <= 11 for a, b in pairwise(pitches)) <= 4


def test_the_line_of_a_whole_song_leaves_its_fold_to_the_widest_gap():
    assert choose_octaves((("verse", 4), ("verse", 2), ("verse", 0), ("verse", 11)), (28, 47)) == (40, 38, 36, 35)


def test_sections_without_bass_do_not_bend_its_line():
    song = plan((("verse", 4, 5), ("break", 4, 5), ("verse", 4, 5)), ("E", "D"))
    silent = song.sections[1].model_copy(update={"parts": ("lead",)})
    parts = (song.parts[0], song.parts[0].model_copy(update={"name": "bass", "role": "bass"}))
    song = song.model_copy(update={"sections": (song.sections[0], silent, song.sections[2]), "parts": parts})

    assert set(root_pitches(song, (28, 47))) == {bar * 3840 for bar in (0, 1, 2, 3, 8, 9, 10, 11)}
