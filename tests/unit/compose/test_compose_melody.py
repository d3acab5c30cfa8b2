from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from builders.plans import chord, context, plan, sixteenths

from aurax.compose.melodic_line import scale_classes
from aurax.compose.melody import MelodyStyle, Motif, make_motif, peak_section, write_melody
from aurax.compose.motif import MotifNote
from aurax.compose.phrase import breathe, build_phrase, thin
from aurax.compose.styles import ambient, deep_house, lofi, synthwave
from aurax.errors import InvalidOption
from aurax.score.character import Character
from aurax.score.key import Key
from aurax.score.seeds import generator

STYLES = {"lofi": lofi, "deep-house": deep_house, "synthwave": synthwave, "ambient": ambient}
SEEDS = range(50)
IDEA = Motif((MotifNote(0, 4, 0), MotifNote(4, 4, 1), MotifNote(8, 6, 2), MotifNote(16, 8, 1)), 32)


def sung(style, song, index):
    here = context(song, index)
    return write_melody(here, style, make_motif(song, style, here.section.name))


def song_of(style, seed):
    song = plan(seed=seed)
    return song, [sung(style, song, index) for index in range(len(song.sections))]


@pytest.fixture(scope="module", params=STYLES)
def songs(request):
    style = STYLES[request.param].MELODY
    return style, [song_of(style, seed) for seed in SEEDS]


def test_strong_beats_are_on_chord_tones(songs):
    _style, all_songs = songs
    hits = [
        note.pitch % 12 in song.chords[note.start_ticks // 3840].chord.pitch_classes
        for song, parts in all_songs for notes in parts for note in notes if note.start_ticks % 1920 == 0
    ]  # fmt: skip
    assert np.mean(hits) >= 0.8


def test_notes_never_overlap_and_stay_in_their_section(songs):
    for song, parts in songs[1]:
        for section, notes in zip(song.sections, parts, strict=True):
            assert all(a.end_ticks <= b.start_ticks for a, b in pairwise(notes))
            assert notes[0].start_ticks >= section.start_bar * 3840
            assert notes[-1].end_ticks <= section.end_bar * 3840


def test_range_is_that_of_a_voice(songs):
    for _, parts in songs[1]:
        pitches = [note.pitch for notes in parts for note in notes]
        assert 8 <= max(pitches) - min(pitches) <= 19


def test_the_song_s_highest_note_is_in_the_last_chorus_and_rare(songs):
    for _, parts in songs[1]:
        top = max(note.pitch for notes in parts for note in notes)
        where = [index for index, notes in enumerate(parts) for note in notes if note.pitch == top]
        assert set(where) == {4}
        assert len(where) <= 2


def test_each_period_has_one_climax_past_its_middle(songs):
    places, counts = [], []
    for _, parts in songs[1]:
        for index, starts in ((1, (4,)), (2, (12, 20)), (3, (28,))):
            for start in starts:
                period = [n for n in parts[index] if start * 3840 <= n.start_ticks < (start + 8) * 3840]
                top = max(period, key=lambda note: note.pitch)
                places.append((top.start_ticks / 3840 - start) / 8)
                counts.append(sum(note.pitch == top.pitch for note in period))
    assert np.mean([0.55 <= place <= 0.8 for place in places]) >= 0.9
    assert np.mean([count == 1 for count in counts]) >= 0.95


def test_leaps_are_answered_by_contrary_motion(songs):
    answered = [
        (c.pitch - b.pitch) * (b.pitch - a.pitch) < 0
        for _, parts in songs[1] for notes in parts for a, b, c in zip(notes, notes[1:], notes[2:], strict=False)
        if abs(b.pitch - a.pitch) > 4
    ]  # fmt: skip
    assert np.mean(answered) >= 0.7


def test_intervals_resemble_the_corpus(songs):
    _style, all_songs = songs
    moves = Counter(abs(b.pitch - a.pitch) for _, parts in all_songs for notes in parts for a, b in pairwise(notes))
    total = sum(moves.values())
    share = {size: count / total for size, count in moves.items()}
    assert 0.15 <= share[0] <= 0.42
    assert sum(share.get(size, 0) for size in (1, 2, 3, 4)) >= 0.45
    assert sum(count for size, count in share.items() if size >= 5) <= 0.32
    assert sum(count for size, count in share.items() if size > 9) <= 0.05


def test_melodies_rise_about_as_often_as_they_fall(songs):
    moves = [np.sign(b.pitch - a.pitch) for _, parts in songs[1] for notes in parts for a, b in pairwise(notes)]
    assert abs(np.mean(moves)) < 0.1


def test_phrases_breathe(songs):
    silence = []
    for song, parts in songs[1]:
        for section, notes in zip(song.sections, parts, strict=True):
            silence.append(1 - sum(note.duration_ticks for note in notes) / (section.bars * 3840))
    assert 0.25 <= np.median(silence) <= 0.6
    assert np.percentile(silence, 5) >= 0.18
    assert np.percentile(silence, 95) <= 0.8


def test_about_half_of_the_bars_were_heard_before(songs):
    seen, again, total = set(), 0, 0
    for _song, parts in songs[1]:
        seen.clear()
        for notes in parts:
            for bar in sorted({note.start_ticks // 3840 for note in notes}):
                shape = tuple((n.start_ticks % 3840, n.pitch) for n in notes if n.start_ticks // 3840 == bar)
                again += shape in seen
                total += 1
                seen.add(shape)
    assert 0.3 <= again / total <= 0.75


def test_chorus_is_higher_and_is_denser_than_the_verse(songs):
    rise, denser = [], []
    for _, parts in songs[1]:
        verse, chorus = parts[1], parts[2]
        rise.append(np.mean([n.pitch for n in chorus]) - np.mean([n.pitch for n in verse]))
        denser.append(len(chorus) / 16 - len(verse) / 8)
    assert 1.0 <= np.mean(rise) <= 7.0
    assert np.mean(denser) > 0


def test_second_verse_starts_like_the_first_and_may_end_otherwise(songs):
    tails = []
    for _, parts in songs[1]:
        first = [(n.start_ticks - 4 * 3840, n.pitch) for n in parts[1]]
        second = [(n.start_ticks - 28 * 3840, n.pitch) for n in parts[3]]
        cut = 6 * 3840
        head = [event for event in first if event[0] < cut]
        assert head == [event for event in second if event[0] < cut]
        tails.append(first != second)
    assert np.mean(tails) > 0.15


def test_the_song_ends_on_its_tonic(songs):
    for song, parts in songs[1]:
        last = parts[-1][-1]
        assert last.pitch % 12 == 9
        assert last.start_ticks == (song.bars - 1) * 3840


def test_seeds_give_different_melodies_and_the_same_seed_the_same(songs):
    style, all_songs = songs
    assert song_of(style, 7)[1] == all_songs[7][1]
    assert len({tuple((n.start_ticks, n.pitch) for n in parts[2]) for _, parts in all_songs}) >= 45


@pytest.mark.parametrize("meter", ["3/4", "6/8"])
@pytest.mark.parametrize("name", STYLES)
def test_short_bars_are_sung_too(name, meter):
    style = STYLES[name].MELODY
    for seed in range(8):
        song = plan(seed=seed, meter=meter)
        for index in range(6):
            notes = sung(style, song, index)
            assert notes
            assert all(a.end_ticks <= b.start_ticks for a, b in pairwise(notes))
            assert notes[-1].end_ticks <= song.sections[index].end_bar * song.meter.ticks_per_bar


@pytest.mark.parametrize("bars", [1, 2, 3, 4, 6, 12])
def test_sections_of_any_length_are_sung(bars):
    song = plan((("chorus", bars, 7), ("verse", 8, 5)))
    assert sung(synthwave.MELODY, song, 0)


def test_altered_chords_are_respected():
    song = plan((("chorus", 8, 8), ("outro", 4, 3)), ("E7",), seed=5)
    assert all(n.pitch % 12 != 7 for n in sung(lofi.MELODY, song, 0))


def test_wished_register_moves_the_melody():
    high = plan(seed=2, character=Character(register_semitones=3))
    usual = plan(seed=2)
    mean = [np.mean([n.pitch for n in sung(lofi.MELODY, song, 2)]) for song in (high, usual)]
    assert 0 < mean[0] - mean[1] < 8


def test_peak_is_the_last_chorus_or_the_last_of_greatest_energy():
    assert peak_section(plan()) == 4
    assert peak_section(plan((("a", 8, 4), ("b", 8, 6), ("a", 8, 6), ("c", 4, 2)))) == 2


def test_a_plain_idea_is_read_as_written():
    song = plan((("verse", 2, 10), ("verse", 8, 5)), ("Am9",))
    style = MelodyStyle((60, 77), "pentatonic", ("x-------",), ("x-------",), forms=(("period", 1.0),), gate=1.0)
    events = sixteenths(song, write_melody(context(song), style, IDEA))
    assert [event.split()[0] for event in events] == ["1.1.1", "1.2.1", "1.3.1", "2.1.1"]


def test_motif_operations():
    assert [note.degree for note in IDEA.moved(2).notes] == [2, 3, 4, 3]
    assert [note.degree for note in IDEA.inverted().notes] == [0, -1, -2, -1]
    assert [(note.step, note.length) for note in IDEA.head(10).notes] == [(0, 4), (4, 4), (8, 2)]


def test_thinning_keeps_the_strong_beats():
    assert [note.step for note in thin(IDEA, 0.5, 16).notes] == [0, 16]


def test_breathing_drops_the_last_notes_of_a_crowded_motif():
    crowded = Motif(tuple(MotifNote(i * 4, 4, 0) for i in range(8)), 32)
    assert len(breathe(crowded).notes) == 5


@pytest.mark.parametrize("form", ["sentence", "period", "song", "call"])
def test_every_form_fills_eight_bars_and_closes(form):
    phrase = build_phrase(IDEA, form, 16, generator(1, "a"), generator(1, "b"))
    assert all(a.step + a.length <= b.step for a, b in pairwise(phrase))
    assert phrase[-1].step >= 96
    assert [note.closing for note in phrase].count(True) == 1
    assert phrase[-1].closing


def test_call_leaves_room_for_the_answer():
    phrase = build_phrase(IDEA, "call", 16, generator(1, "a"), generator(1, "b"))
    assert not [note for note in phrase if 32 <= note.step < 64]


def test_pentatonic_scales_have_no_semitones():
    assert scale_classes(Key("A", "minor"), "pentatonic") == (9, 0, 2, 4, 7)
    assert scale_classes(Key("C", "major"), "pentatonic") == (0, 2, 4, 7, 9)


def test_silence_without_chords_energy_or_idea():
    assert write_melody(context(plan(chords=())), lofi.MELODY, IDEA) == ()
    assert write_melody(context(plan((("break", 4, 0),))), lofi.MELODY, IDEA) == ()
    assert write_melody(context(plan()), lofi.MELODY, Motif((), 32)) == ()


@pytest.mark.parametrize(
    ("register", "cells"), [((60, 65), ("x-------",)), ((60, 90), ("x-------",)), ((60, 75), ("x--",)), ((60, 75), ())]
)
def test_impossible_styles_are_refused(register, cells):
    with pytest.raises(InvalidOption):
        MelodyStyle(register, "full", cells, ("x-------",))


def test_chord_material_is_what_the_tests_think():
    assert chord("C/E").bass_pitch_class == 4
