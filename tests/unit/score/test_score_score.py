import numpy as np
import pytest
from builders.small_plan import production
from pydantic import ValidationError

from aurax.score.chord import Chord, ChordSpan
from aurax.score.plan import Part, Plan, Section
from aurax.score.score import AutomationLane, Note, Score, Track
from aurax.score.seeds import generator
from aurax.score.time import Meter


def score() -> Score:
    chord = Chord("Am9", "i9", 9, (0, 3, 7, 10, 14), 9)
    plan = Plan(
        title="Test", style="any", tonic="A", mode="minor", tempo_bpm=120.0, meter=Meter(), seed=1, tail_s=2.0,
        sections=(
            Section(name="verse", start_bar=0, bars=4, energy=5, parts=("lead",)),
            Section(name="chorus", start_bar=4, bars=4, energy=8, parts=("lead",)),
        ),
        parts=(Part(name="lead", role="lead", instrument="soft-lead"),),
        chords=(ChordSpan(0, 8 * 3840, chord),), production=production(),
    )  # fmt: skip
    lane = AutomationLane("level_db", ((0, -2.0), (3840, 0.0)))
    notes = (Note(0, 480, 69, 90, -5), Note(480, 480, 72, 80, 12))
    return Score(plan, (Track("lead", "lead", "soft-lead", ("lead",), 80, False, notes, {"brightness": 0.2}, (lane,)),))


def test_a_score_survives_its_json():
    assert Score.from_json(score().to_json()) == score()


def test_text_that_is_no_score_is_refused():
    with pytest.raises(ValidationError):
        Score.from_json('{"plan": 1}')


def test_tracks_are_found_by_name():
    assert score().track("lead").role == "lead"
    with pytest.raises(KeyError):
        score().track("bass")


def test_groove_moves_a_note_but_never_before_the_song():
    early, late = score().tracks[0].notes

    assert (early.played_ticks, late.played_ticks) == (0, 492)
    assert late.end_ticks == 960


def test_a_plan_knows_its_length_and_sections():
    plan = score().plan

    assert plan.bars == 8
    assert plan.duration_s == pytest.approx(8 * 2.0 + 2.0)
    assert [plan.section_at(bar).name for bar in (0, 3, 4, 7, 99)] == ["verse", "verse", "chorus", "chorus", "chorus"]


def test_a_chord_names_its_notes_from_the_root():
    assert score().plan.chords[0].chord.pitch_classes == (9, 0, 4, 7, 11)


def test_dice_are_replayed_by_seed_and_name():
    first, again, other = (generator(7, "melody", name).random(4) for name in ("verse", "verse", "chorus"))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
