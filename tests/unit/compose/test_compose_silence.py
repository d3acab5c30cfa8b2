"""Everybody who is cast plays."""

from itertools import pairwise

import pytest
from builders.casts import INSTRUMENTS
from builders.intents import wish
from builders.plans import context, plan

from aurax.compose.composer import compose, make_plan
from aurax.compose.counter import CounterStyle, hold_guide_tones
from aurax.compose.silence import leave_out_silent
from aurax.compose.style_registry import load_styles
from aurax.score.character import Character
from aurax.score.score import Note
from aurax.score.time import Meter

STYLES = load_styles()

WISHES = {
    "a short song": {"duration_s": 12.0},
    "half a minute": {"duration_s": 30.0},
    "a minute in three": {"duration_s": 60.0, "meter": Meter.parse("3/4")},
    "two minutes": {"duration_s": 120.0},
    "soft and sparse": {"duration_s": 40.0, "character": Character(energy=-3, density_percent=-40)},
    "no chords": {"duration_s": 50.0, "unwanted": ("chords", "pad")},
    "no lead": {"duration_s": 60.0, "unwanted": ("lead",)},
    "drums and bass alone": {"duration_s": 40.0, "wanted": ("drums", "bass"), "only_wanted": True},
    "fading": {"duration_s": 60.0, "energy_shape": "fades"},
    "flat": {"duration_s": 60.0, "energy_shape": "flat"},
}


@pytest.mark.parametrize("style", sorted(STYLES))
@pytest.mark.parametrize("words", WISHES)
def test_nobody_is_cast_who_never_plays(style, words):
    for seed in range(3):
        intent = wish(style, **WISHES[words])
        score = compose(intent, seed, STYLES, INSTRUMENTS)
        heard = {track.name for track in score.tracks if track.notes}

        assert {part.name for part in score.plan.parts} == heard
        assert {name for section in score.plan.sections for name in section.parts} == heard


@pytest.mark.parametrize("style", sorted(STYLES))
@pytest.mark.parametrize("role", ["counter", "arp", "pad", "lead", "snare", "hat", "perc", "riser", "impact"])
@pytest.mark.parametrize("duration_s", [8.0, 80.0])
def test_a_wished_part_finds_something_to_play(style, role, duration_s):
    for seed in range(1):
        score = compose(wish(style, duration_s, wanted=(role,)), seed, STYLES, INSTRUMENTS)

        assert any(role == track.role or role in track.families for track in score.tracks if track.notes)


def test_under_a_lead_that_never_rests_a_counter_melody_holds_guide_tones():
    busy = tuple(Note(step * 480, 480, 60 + step % 3, 90) for step in range(64))
    style = CounterStyle(register=(67, 84))
    here = context(plan((("verse", 8, 5), ("outro", 4, 2))), lead=busy)
    notes = hold_guide_tones(here, style)

    assert [(note.start_ticks, note.duration_ticks) for note in notes] == [(bar * 3840, 3840) for bar in range(8)]
    assert all(67 <= note.pitch <= 84 and note.velocity < 90 for note in notes)
    assert all(note.pitch % 12 in here.chord_at(note.start_ticks).chord.pitch_classes for note in notes)
    assert all(abs(after.pitch - before.pitch) <= 5 for before, after in pairwise(notes))


def test_guide_tones_need_chords_and_energy():
    assert hold_guide_tones(context(plan(chords=())), CounterStyle(register=(67, 84))) == ()
    assert hold_guide_tones(context(plan((("break", 4, 0),))), CounterStyle(register=(67, 84))) == ()


def test_a_wished_part_without_a_place_leaves_with_a_remark():
    style = STYLES["lofi"]
    whole = make_plan(wish("lofi", 40.0), style, INSTRUMENTS, 1)
    idle = whole.parts[0].model_copy(update={"name": "idle", "role": "arp", "instrument": "bell"})
    crowded = whole.model_copy(update={"parts": (*whole.parts, idle)})

    assert leave_out_silent(crowded, style, INSTRUMENTS) == whole
    assert "bell" in leave_out_silent(crowded, style, INSTRUMENTS, {"idle"}).remarks[-1]
