from dataclasses import replace

import pytest

from aurax.judge.criteria import (
    chord_tones_on_strong_beats,
    empty_bars,
    in_key_ratio,
    melody_climax,
    note_range,
    register_order,
    repetition_and_variation,
    velocity_variety,
)
from aurax.score.plan import Section
from aurax.score.score import Note, Score

BAR = 3840


def one(checks, name):
    return next(check for check in checks if check.name == name)


@pytest.mark.parametrize(
    "criterion",
    [
        chord_tones_on_strong_beats,
        empty_bars,
        in_key_ratio,
        melody_climax,
        note_range,
        register_order,
        repetition_and_variation,
        velocity_variety,
    ],
)
def test_the_small_song_passes(evidence_of, criterion):
    checks = criterion.judge(evidence_of())
    assert checks
    assert [check.name for check in checks if not check.passed] == []


def test_chromatic_notes_fail_and_name_their_bars(evidence_of, retuned):
    wrong = retuned("chords", lambda note: replace(note, pitch=note.pitch + 1) if note.start_ticks == 4 * BAR else note)
    wronger = retuned(
        "chords", lambda note: replace(note, pitch=note.pitch + 1) if note.start_ticks < 4 * BAR else note
    )
    assert in_key_ratio.judge(evidence_of(score=wrong))[0].passed
    (check,) = in_key_ratio.judge(evidence_of(score=wronger))
    assert not check.passed
    assert set(check.where.bars) <= {1, 2, 3, 4}


def test_a_bass_beside_the_chords_fails(evidence_of, retuned):
    beside = retuned("bass", lambda note: replace(note, pitch=note.pitch + 2))
    check = one(chord_tones_on_strong_beats.judge(evidence_of(score=beside)), "chord_tones_on_strong_beats:bass")
    assert not check.passed
    assert check.where.stem == "bass"
    assert check.where.bars


def test_a_bass_among_the_chords_fails(evidence_of, retuned):
    high = retuned("bass", lambda note: replace(note, pitch=note.pitch + 24))
    assert not one(register_order.judge(evidence_of(score=high)), "register_order:bass").passed


def test_a_lead_below_the_chords_fails(evidence_of, retuned):
    low = retuned("lead", lambda note: replace(note, pitch=note.pitch - 12))
    assert not one(register_order.judge(evidence_of(score=low)), "register_order:lead").passed


def test_a_note_out_of_range_fails_in_its_bar(evidence_of, retuned):
    high = retuned("bass", lambda note: replace(note, pitch=70) if note.start_ticks == 2 * BAR else note)
    check = one(note_range.judge(evidence_of(score=high)), "note_range:bass")
    assert not check.passed
    assert check.where.bars == (3,)


def test_a_bar_in_which_nothing_sounds_fails(evidence_of, score):
    hole = Score(
        score.plan,
        tuple(
            replace(track, notes=tuple(note for note in track.notes if note.start_ticks // BAR != 5))
            for track in score.tracks
        ),
    )
    (check,) = empty_bars.judge(evidence_of(score=hole))
    assert not check.passed
    assert check.where.bars == (6,)


def test_a_planned_rest_is_no_empty_bar(evidence_of, score):
    plan = score.plan.model_copy(
        update={
            "sections": (
                Section(name="verse", start_bar=0, bars=5, energy=4, parts=("bass",)),
                Section(name="break", start_bar=5, bars=1, energy=0, parts=()),
                Section(name="chorus", start_bar=6, bars=10, energy=8, parts=("bass",)),
            )
        }
    )
    hole = Score(
        plan,
        tuple(
            replace(track, notes=tuple(note for note in track.notes if note.start_ticks // BAR != 5))
            for track in score.tracks
        ),
    )
    assert empty_bars.judge(evidence_of(score=hole))[0].passed


@pytest.mark.parametrize(("bars", "passed"), [((5,), True), ((5, 6), True), ((5, 6, 7), False)])
def test_a_soloist_may_rest_for_two_bars(evidence_of, score, bars, passed):
    lead = score.track("lead")
    rests = replace(lead, notes=tuple(note for note in lead.notes if note.start_ticks // BAR not in bars))
    solo = evidence_of(score=Score(score.plan, (rests,)), only=True, wanted=("lead",))
    (check,) = empty_bars.judge(solo)
    assert check.passed is passed
    assert check.where.bars == (() if passed else tuple(bar + 1 for bar in bars))
    (check,) = empty_bars.judge(evidence_of(score=Score(score.plan, (rests,))))
    assert not check.passed


def test_noise_fills_a_song_of_nothing_but_noise(evidence_of, score):
    rain = replace(score.track("chords"), role="texture", name="rain")
    only_rain = Score(score.plan, (rain,))
    assert empty_bars.judge(evidence_of(score=only_rain, only=True, wanted=("rain",)))[0].passed
    assert not empty_bars.judge(evidence_of(score=only_rain))[0].passed


def test_a_held_note_fills_its_bars(evidence_of, score):
    held = replace(score.track("chords"), notes=(Note(0, 16 * BAR, 60, 80),))
    assert empty_bars.judge(evidence_of(score=Score(score.plan, (held,))))[0].passed


def test_a_loop_that_never_changes_fails(evidence_of, score):
    bars = 32
    plan = score.plan.model_copy(
        update={"sections": (Section(name="verse", start_bar=0, bars=bars, energy=5, parts=("kick",)),)}
    )
    kick = replace(
        score.track("kick"),
        notes=tuple(Note(bar * BAR + beat * 960, 240, 36, 100) for bar in range(bars) for beat in range(4)),
    )
    checks = repetition_and_variation.judge(evidence_of(score=Score(plan, (kick,))))
    check = one(checks, "repetition_and_variation:variation")
    assert not check.passed
    assert check.measured == bars


def test_one_fill_ends_the_stretch(evidence_of, score):
    bars = 32
    plan = score.plan.model_copy(
        update={"sections": (Section(name="verse", start_bar=0, bars=bars, energy=5, parts=("kick",)),)}
    )
    notes = [Note(bar * BAR + beat * 960, 240, 36, 100) for bar in range(bars) for beat in range(4)]
    notes += [Note(bar * BAR + 3600, 240, 36, 100) for bar in (7, 15, 23, 31)]
    kick = replace(score.track("kick"), notes=tuple(sorted(notes, key=lambda note: note.start_ticks)))
    checks = repetition_and_variation.judge(evidence_of(score=Score(plan, (kick,))))
    assert one(checks, "repetition_and_variation:variation").measured == bars  # the fills themselves recur every 8 bars
    uneven = replace(kick, notes=tuple(note for note in kick.notes if note.start_ticks != 15 * BAR + 3600))
    checks = repetition_and_variation.judge(evidence_of(score=Score(plan, (uneven,))))
    assert one(checks, "repetition_and_variation:variation").passed


def test_bars_that_never_come_back_fail(evidence_of, score):
    notes = tuple(
        Note(bar * BAR + 37 * bar * step, 100, 60 + step, 80 + step) for bar in range(16) for step in range(3)
    )
    random_walk = replace(score.track("lead"), notes=tuple(sorted(notes, key=lambda note: note.start_ticks)))
    checks = repetition_and_variation.judge(evidence_of(score=Score(score.plan, (random_walk,))))
    assert not one(checks, "repetition_and_variation:repetition").passed


def test_equal_velocities_fail_and_a_machine_kick_does_not(evidence_of, retuned):
    flat = retuned("hat", lambda note: replace(note, velocity=80))
    checks = velocity_variety.judge(evidence_of(score=flat))
    assert not one(checks, "velocity_variety:hat").passed
    assert not [check for check in checks if check.name == "velocity_variety:kick"]


def test_a_lead_that_sits_on_its_highest_note_fails(evidence_of, retuned):
    stuck = retuned("lead", lambda note: replace(note, pitch=max(note.pitch, 76)))
    stuck = Score(
        stuck.plan,
        tuple(
            replace(track, notes=tuple(replace(note, pitch=min(note.pitch, 77)) for note in track.notes))
            if track.name == "lead"
            else track
            for track in stuck.tracks
        ),
    )
    check = one(melody_climax.judge(evidence_of(score=stuck)), "melody_climax:lead top")
    assert not check.passed
    assert check.where.stem == "lead"
