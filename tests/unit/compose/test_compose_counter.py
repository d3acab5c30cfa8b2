from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from builders.plans import context, plan, sixteenths

from aurax.compose.counter import CounterStyle, write_counter
from aurax.compose.melody import make_motif, write_melody
from aurax.compose.styles import ambient, deep_house, lofi, synthwave
from aurax.score.score import Note

STYLES = {"lofi": lofi, "deep-house": deep_house, "synthwave": synthwave, "ambient": ambient}
ALWAYS = CounterStyle(register=(67, 84), answer_share=1.0, note_steps=(2,), most_notes=3)
CALL = (Note(0, 480, 60, 100), Note(480, 960, 64, 100))


def one_bar(lead, bars=2):
    return context(plan((("verse", bars, 5), ("outro", 4, 2)), ("Am9",)), lead=lead)


def led(style, seed, index):
    song = plan(seed=seed)
    here = context(song, index)
    lead = write_melody(here, style, make_motif(song, style, here.section.name))
    return context(song, index, lead=lead)


def test_answer_starts_an_eighth_after_the_lead_falls_silent():
    here = one_bar(CALL)
    assert sixteenths(here.plan, write_counter(here, ALWAYS))[0].startswith("1.3.1 ")


def test_answer_moves_against_the_lead():
    up = [note.pitch for note in write_counter(one_bar(CALL), ALWAYS)]
    down = [n.pitch for n in write_counter(one_bar((Note(0, 480, 67, 90), Note(480, 960, 60, 90))), ALWAYS)]
    assert up == sorted(up, reverse=True)
    assert down == sorted(down)
    assert len(up) >= 2 <= len(down)


@pytest.mark.parametrize("name", STYLES)
def test_answers_are_quieter_in_register_on_chord_tones_and_never_overlap(name):
    module = STYLES[name]
    spoken = 0
    for seed in range(12):
        for index in range(6):
            here = led(module.MELODY, seed, index)
            notes = write_counter(here, module.COUNTER)
            spoken += len(notes)
            low, high = module.COUNTER.register
            mean = np.mean([note.velocity for note in here.lead])
            assert all(0.6 * mean - 1 <= n.velocity <= 0.8 * mean + 1 for n in notes)
            assert all(low <= n.pitch <= high for n in notes)
            assert all(n.pitch % 12 in here.chord_at(n.start_ticks).chord.pitch_classes for n in notes)
            assert all(a.end_ticks <= b.start_ticks for a, b in pairwise(notes))
            assert all(here.start_ticks <= n.start_ticks and n.end_ticks <= here.end_ticks for n in notes)
    assert spoken > 50


def test_it_rests_while_the_lead_is_busy():
    busy = tuple(Note(i * 480, 480, 60 + i % 3, 90) for i in range(16))
    assert write_counter(one_bar(busy), ALWAYS) == ()


def test_it_moves_under_a_long_note_only_where_the_style_wants_it():
    long = (Note(0, 2880, 60, 90), Note(2880, 960, 62, 90), Note(3840, 3840, 64, 90))
    still = CounterStyle(register=(67, 84), answer_share=1.0, moves_under_holds=False)
    assert write_counter(one_bar(long), ALWAYS)
    assert write_counter(one_bar(long), still) == ()


def test_alone_it_plays_quiet_phrases_with_room_between_them():
    here = one_bar((), bars=8)
    notes = write_counter(here, ALWAYS)
    assert {note.velocity for note in notes} == {ALWAYS.velocity}
    assert {note.start_ticks // 3840 for note in notes} == {0, 2, 4, 6}


def test_it_falls_silent_without_lead_where_the_style_says_so():
    assert write_counter(one_bar(()), CounterStyle(register=(67, 84), alone_every_bars=0)) == ()


def test_same_seed_same_answers_and_seeds_differ():
    lines = [write_counter(led(lofi.MELODY, seed, 2), lofi.COUNTER) for seed in (1, 1, 2, 3)]
    assert lines[0] == lines[1]
    assert len(set(lines)) == 3


def test_three_four():
    song = plan(meter="3/4")
    assert write_counter(context(song, 1, lead=(Note(4 * 2880, 480, 60, 90),)), ALWAYS)


def test_silence_without_chords_or_energy():
    assert write_counter(context(plan(chords=())), ALWAYS) == ()
    assert write_counter(context(plan((("break", 4, 0),))), ALWAYS) == ()
