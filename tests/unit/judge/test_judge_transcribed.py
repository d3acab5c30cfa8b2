"""Notes that were heard in audio are judged as what they are: estimates, and no proof of who plays."""

from dataclasses import replace

import pytest

from aurax.intent.contract import Requirement
from aurax.judge.criteria import instrument_only, instrument_present, key
from aurax.judge.criterion_registry import load_criteria
from aurax.judge.judge import judge
from aurax.score.score import Score


@pytest.fixture
def heard(score: Score) -> Score:
    """The small song as separation and transcription would give it: drums, bass, and a rest without a name."""
    names = {"kick": ("drums", ("drums",)), "bass": ("bass", ("bass",)), "chords": ("other", ())}
    tracks = tuple(
        replace(track, name=names[track.name][0], families=names[track.name][1])
        for track in score.tracks
        if track.name in names
    )
    return replace(score, tracks=tracks, origin="transcribed")


def want(criterion: str, target: str) -> Requirement:
    return Requirement(criterion=criterion, target=target)


def names(verdict) -> set[str]:
    return {check.name.partition(":")[0] for check in verdict.checks}


def test_how_notes_were_written_is_asked_only_of_written_notes(evidence_of, score, heard):
    written = {one.name for one in load_criteria() if one.written}
    assert {"chord_tones_on_strong_beats", "velocity_variety", "note_range"} <= written
    assert written & names(judge(evidence_of(), load_criteria()))
    assert not written & names(judge(evidence_of(score=heard), load_criteria()))


def test_empty_bars_are_a_fault_of_heard_notes_too(evidence_of, heard):
    silent = replace(
        heard, tracks=tuple(replace(track, notes=track.notes[: len(track.notes) // 2]) for track in heard.tracks)
    )
    checks = {check.name: check.passed for check in judge(evidence_of(score=silent), load_criteria()).checks}
    assert checks["empty_bars"] is False


def test_an_instrument_that_may_hide_in_the_rest_is_not_called_missing(evidence_of, heard):
    wish = want("instrument_present", "piano")
    assert instrument_present.judge(evidence_of(wish, score=heard)) == []
    composed = replace(heard, origin="composed")
    assert [check.passed for check in instrument_present.judge(evidence_of(wish, score=composed))] == [False]


def test_missing_drums_are_called_missing(evidence_of, heard):
    without = replace(heard, tracks=tuple(track for track in heard.tracks if track.name != "drums"))
    (check,) = instrument_present.judge(evidence_of(want("instrument_present", "drums"), score=without))
    assert not check.passed


def test_only_stems_that_name_another_instrument_break_a_solo(evidence_of, heard):
    def alone(*kept: str):
        tracks = tuple(track for track in heard.tracks if track.name in kept)
        evidence = evidence_of(score=replace(heard, tracks=tracks))
        intent = evidence.intent.model_copy(update={"only_wanted": True, "wanted": ("piano",)})
        return instrument_only.judge(replace(evidence, intent=intent))[0].passed

    assert alone("other")
    assert not alone("other", "drums")


def test_the_sound_decides_the_key_and_not_the_estimated_notes(evidence_of, heard):
    wrong = tuple(
        replace(track, notes=tuple(replace(note, pitch=note.pitch + 1) for note in track.notes))
        for track in heard.tracks
    )
    wish = want("key", "A minor")
    (check,) = key.judge(evidence_of(wish, score=replace(heard, tracks=wrong)))
    assert check.passed
    (check,) = key.judge(evidence_of(wish, score=replace(heard, tracks=wrong, origin="composed")))
    assert not check.passed
