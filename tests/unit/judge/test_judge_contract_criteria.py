import numpy as np
import pytest

from aurax.audio.loudness import integrated_lufs
from aurax.audio.waveform import Waveform
from aurax.intent.contract import Requirement
from aurax.judge.criteria import (
    duration,
    instrument_absent,
    instrument_only,
    instrument_present,
    key,
    loudness,
    meter,
    tempo,
    true_peak,
)
from aurax.judge.criterion import StemMeasurements
from aurax.score.score import Score


def want(criterion, target, tolerance=0.0, unit=""):
    return Requirement(criterion=criterion, target=target, tolerance=tolerance, unit=unit)


def test_the_tempo_is_heard_from_the_audio_to_a_tenth_of_a_bpm(evidence_of):
    (check,) = tempo.judge(evidence_of(want("tempo", 120, 1.0, "bpm")))
    assert check.passed
    assert check.measured == pytest.approx(120.0, abs=0.1)


def test_audio_that_drags_fails_although_the_plan_says_otherwise(evidence_of, score, render):
    (check,) = tempo.judge(evidence_of(want("tempo", 120, 1.0, "bpm"), master=render(score, tempo_bpm=117.0)))
    assert not check.passed
    assert check.measured == pytest.approx(117.0, abs=0.1)
    assert check.layer == "plan"


def test_a_song_at_another_tempo_than_asked_fails(evidence_of):
    (check,) = tempo.judge(evidence_of(want("tempo", 123, 1.0, "bpm")))
    assert not check.passed


def test_without_a_wish_the_heard_tempo_is_held_against_the_plan(evidence_of, score, render):
    assert tempo.judge(evidence_of())[0].passed
    assert not tempo.judge(evidence_of(master=render(score, tempo_bpm=124.0)))[0].passed


def test_audio_without_onsets_falls_back_on_the_notes_and_says_so(evidence_of, sound):
    time_s = np.arange(sound.frames) / sound.sample_rate
    held = np.tile(0.1 * np.sin(2 * np.pi * 220 * time_s), (2, 1)).astype(np.float32)
    (check,) = tempo.judge(evidence_of(master=Waveform(held)))
    assert check.passed
    assert (check.measured, check.unit) == (120.0, "bpm")
    assert "too few onsets" in check.note


def test_the_meter_that_was_asked_for_passes_and_another_fails(evidence_of):
    assert [check.passed for check in meter.judge(evidence_of(want("meter", "4/4")))] == [True]
    assert [check.passed for check in meter.judge(evidence_of(want("meter", "3/4")))] == [False]
    assert meter.judge(evidence_of()) == []


@pytest.mark.parametrize(
    ("asked", "passed"),
    [("A minor", True), ("A", True), ("minor", True), ("C major", False), ("E minor", False), ("lydian", False)],
)
def test_only_the_key_of_notes_and_sound_passes(evidence_of, asked, passed):
    (check,) = key.judge(evidence_of(want("key", asked)))
    assert check.passed is passed


def test_notes_of_another_key_fail_although_the_plan_names_the_right_one(evidence_of, score, retuned):
    from dataclasses import replace

    shifted = score
    for name in ("bass", "chords", "lead"):
        tracks = {track.name: track for track in retuned(name, lambda note: replace(note, pitch=note.pitch + 6)).tracks}
        shifted = Score(score.plan, tuple(tracks[t.name] if t.name == name else t for t in shifted.tracks))
    (check,) = key.judge(evidence_of(want("key", "A minor"), score=shifted))
    assert not check.passed


def test_sound_in_another_key_than_the_notes_fails(evidence_of, score, retuned, render):
    from dataclasses import replace

    tracks = tuple(
        replace(track, notes=tuple(replace(note, pitch=note.pitch + 6) for note in track.notes))
        if not track.is_drums
        else track
        for track in score.tracks
    )
    (check,) = key.judge(evidence_of(want("key", "A minor"), master=render(Score(score.plan, tracks))))
    assert not check.passed


def test_a_length_within_one_bar_passes_and_a_bar_and_a_half_off_fails(evidence_of):
    assert duration.judge(evidence_of(want("duration", 33.5, 1.0, "bar")))[0].passed
    assert not duration.judge(evidence_of(want("duration", 35.0, 1.0, "bar")))[0].passed


def test_before_mastering_the_planned_length_is_judged(evidence_of):
    (check,) = duration.judge(evidence_of(want("duration", 32.0, 1.0, "bar"), master=None))
    assert check.measured == 32.0


@pytest.mark.parametrize(("wanted", "passed"), [("piano", True), ("lead", True), ("drums", True), ("guitar", False)])
def test_a_wanted_family_or_role_must_have_a_track(evidence_of, wanted, passed):
    (check,) = instrument_present.judge(evidence_of(want("instrument_present", wanted)))
    assert check.name == f"instrument_present:{wanted}"
    assert check.passed is passed


def test_a_wanted_instrument_that_nobody_can_hear_fails_and_names_its_stem(evidence_of, score):
    stems = {track.name: StemMeasurements(-20.0, -6.0, 0.8, track.role) for track in score.tracks}
    stems["chords"] = StemMeasurements(-52.0, -40.0, 0.8, "chords")
    (check,) = instrument_present.judge(evidence_of(want("instrument_present", "piano"), stems=stems))
    assert not check.passed
    assert check.where.stem == "chords"
    assert check.layer == "mix"


def test_two_stray_notes_are_not_enough(evidence_of, retuned):
    sparse = retuned("chords", lambda note: note if note.start_ticks == 3840 and note.pitch < 66 else None)
    sparse = Score(
        sparse.plan,
        tuple(t if t.name != "chords" else _shortened(t) for t in sparse.tracks),
    )
    (check,) = instrument_present.judge(evidence_of(want("instrument_present", "piano"), score=sparse))
    assert not check.passed
    assert check.where.bars == (2,)


def _shortened(track):
    from dataclasses import replace

    return replace(track, notes=tuple(replace(note, duration_ticks=240) for note in track.notes))


def test_refused_instruments_fail_with_their_bars_and_stem(evidence_of):
    (check,) = instrument_absent.judge(evidence_of(want("instrument_absent", "piano")))
    assert not check.passed
    assert check.where.stem == "chords"
    assert check.where.bars == tuple(range(1, 17))


def test_refused_drums_are_any_drum(evidence_of, score):
    assert not instrument_absent.judge(evidence_of(want("instrument_absent", "drums")))[0].passed
    quiet = Score(score.plan, tuple(track for track in score.tracks if not track.is_drums))
    assert instrument_absent.judge(evidence_of(want("instrument_absent", "drums"), score=quiet))[0].passed


def test_only_means_that_nothing_else_plays(evidence_of, score):
    assert instrument_only.judge(evidence_of()) == []
    assert not instrument_only.judge(evidence_of(only=True, wanted=("piano", "bass")))[0].passed
    duo = Score(score.plan, tuple(track for track in score.tracks if track.name in ("chords", "bass")))
    assert instrument_only.judge(evidence_of(only=True, wanted=("piano", "bass"), score=duo))[0].passed


def test_loudness_must_lie_within_its_tolerance(evidence_of, sound):
    lufs = integrated_lufs(sound)
    assert loudness.judge(evidence_of(want("loudness", round(lufs + 0.2, 2), 0.3)))[0].passed
    assert not loudness.judge(evidence_of(want("loudness", round(lufs + 0.4, 2), 0.3)))[0].passed


def test_silence_has_no_loudness(evidence_of):
    silent = Waveform(np.zeros((2, 96_000), np.float32))
    (check,) = loudness.judge(evidence_of(want("loudness", -14.0, 0.3), master=silent))
    assert not check.passed
    assert check.measured == "silence"


def test_true_peak_counts_what_lies_between_the_samples(evidence_of):
    time = np.arange(48_000)
    wave = np.sin(2 * np.pi * time / 4 + np.pi / 4)
    # The samples of this sine reach only 0.707 of it.
    loud = Waveform(np.tile(wave * 0.95, (2, 1)).astype(np.float32))
    soft = Waveform(np.tile(wave * 0.85, (2, 1)).astype(np.float32))
    assert not true_peak.judge(evidence_of(want("true_peak", -1.0), master=loud))[0].passed
    assert true_peak.judge(evidence_of(want("true_peak", -1.0), master=soft))[0].passed
