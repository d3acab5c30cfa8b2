from __future__ import annotations

import itertools

import numpy as np
import pytest
from builders.intents import MakeIntent
from builders.pieces import Piece, make_piece, stereo

from aurax.arrange.arranger import Arranged, arrange, pulse_of
from aurax.audio.loudness import integrated_lufs
from aurax.audio.waveform import SAMPLE_RATE, Waveform
from aurax.compose.style import Style
from aurax.judge.clicks import click_frames
from aurax.mix.mixer import MixedStem, mix_stems
from aurax.mix.settings import MixSettings
from aurax.score.score import Score
from aurax.score.time import Meter


def test_song_is_as_long_as_asked_to_the_frame(arranged: Arranged) -> None:
    assert {stem.frames for stem in arranged.stems.values()} == {62 * SAMPLE_RATE}
    assert arranged.score.plan.duration_s == pytest.approx(62.0)


def test_every_track_has_a_stem_and_notes(arranged: Arranged) -> None:
    assert set(arranged.stems) == {track.name for track in arranged.score.tracks}
    assert all(track.notes for track in arranged.score.tracks)


def test_score_survives_its_own_json(arranged: Arranged) -> None:
    assert Score.from_json(arranged.score.to_json()) == arranged.score


def test_chords_follow_each_other_without_gaps(arranged: Arranged) -> None:
    plan = arranged.score.plan
    edges = [(span.start_ticks, span.end_ticks) for span in plan.chords]

    assert edges[0][0] == 0
    assert all(before[1] == after[0] for before, after in itertools.pairwise(edges))
    assert edges[-1][1] == plan.grid.bars_to_ticks(plan.bars)


def test_the_same_input_gives_the_same_song(
    arranged: Arranged, style: Style, make_intent: MakeIntent, piece: Piece
) -> None:
    again = arrange(make_intent(), style, piece.mix, piece.stems, seed=5, engine="debug")

    assert again.score == arranged.score
    assert all(np.array_equal(again.stems[name].samples, arranged.stems[name].samples) for name in arranged.stems)


def test_stems_are_silent_where_their_section_rests(arranged: Arranged) -> None:
    plan = arranged.score.plan
    for section in plan.sections:
        first = round(plan.grid.bars_to_s(section.start_bar) * SAMPLE_RATE)
        last = round(plan.grid.bars_to_s(section.end_bar) * SAMPLE_RATE) - round(0.01 * SAMPLE_RATE)
        for name in ("drums", "bass", "other", "vocals"):
            loudest = np.abs(arranged.stems[name].samples[:, first:last]).max()
            assert (loudest > 0.0) == (name in section.parts), f"{name} in {section.name}"


def test_joints_make_no_clicks(arranged: Arranged, piece: Piece) -> None:
    # The drums' noise hides what the harmony would tell.
    for name in ("other", "bass", "vocals"):
        steps = np.abs(np.diff(arranged.stems[name].samples[0])).max()
        assert steps < 1.5 * np.abs(np.diff(piece.stems[name].samples[0])).max()
        assert click_frames(arranged.stems[name].samples[0]) == ()


def test_joined_stems_add_up_to_the_joined_piece(style: Style, make_intent: MakeIntent) -> None:
    piece = make_piece(120.0, 12, drums=False)
    intent = make_intent(duration_s=40.0, sections=("chorus", "chorus", "chorus"), unwanted=("fx",), ending="ring")
    whole = arrange(intent, style, piece.mix, {}, seed=1, engine="debug")
    parts = arrange(intent, style, piece.mix, piece.stems, seed=1, engine="debug")

    bars = round(parts.score.plan.grid.bars_to_s(parts.score.plan.bars) * SAMPLE_RATE)
    total = np.sum([stem.samples for stem in parts.stems.values()], axis=0)
    difference = np.abs(total - whole.stems["other"].samples)[:, : bars - SAMPLE_RATE]
    # Rests of single stems are not the piece's.
    assert np.percentile(difference, 90) < 1e-5


def test_kicks_of_the_score_are_on_the_kicks_of_the_stem(arranged: Arranged) -> None:
    grid = arranged.score.plan.grid
    drums = arranged.stems["drums"].samples[0].astype(np.float64)
    kicks = [note for note in arranged.score.track("drums").notes if note.pitch == 36]

    assert len(kicks) > 40
    for note in kicks[4:40]:
        frame = grid.ticks_to_frames(note.played_ticks, SAMPLE_RATE)
        before, after = drums[frame - 1440 : frame - 720], drums[frame : frame + 1440]
        assert np.square(after).mean() > 4.0 * np.square(before).mean()


def test_loudness_follows_the_energy(arranged: Arranged) -> None:
    mixed: list[MixedStem] = []
    outcome = mix_stems(arranged.score, lambda name: arranged.stems[name], MixSettings(), mixed.append)
    plan = arranged.score.plan
    lufs = {}
    for section in plan.sections:
        first, last = (round(plan.grid.bars_to_s(bar) * SAMPLE_RATE) for bar in (section.start_bar, section.end_bar))
        lufs[section.name] = integrated_lufs(Waveform(np.ascontiguousarray(outcome.mix.samples[:, first:last])))

    assert outcome.null_residual_dbfs < -120.0
    assert lufs["chorus"] > lufs["intro"] + 2.0
    assert lufs["chorus"] == pytest.approx(-20.0, abs=2.0)


def test_refused_drums_leave_the_song(style: Style, make_intent: MakeIntent, piece: Piece) -> None:
    arranged = arrange(
        make_intent(unwanted=("drums",), duration_s=30.0), style, piece.mix, piece.stems, seed=1, engine="debug"
    )

    assert "drums" not in arranged.stems
    assert not any(track.is_drums for track in arranged.score.tracks)


def test_only_bass_and_drums_leaves_nothing_else(style: Style, make_intent: MakeIntent, piece: Piece) -> None:
    intent = make_intent(wanted=("drums", "bass"), only_wanted=True, duration_s=30.0)
    arranged = arrange(intent, style, piece.mix, piece.stems, seed=1, engine="debug")

    assert {"drums", "bass"} <= set(arranged.stems) <= {"drums", "bass", "other"}
    assert "fx" not in arranged.stems


def test_bleed_goes_back_to_where_it_came_from(style: Style, make_intent: MakeIntent) -> None:
    piece = make_piece(120.0, 8)
    bleed = stereo(piece.mix.samples[0] * np.float32(0.01))
    rest = Waveform(piece.stems["other"].samples - bleed.samples)
    stems = {**piece.stems, "vocals": bleed, "other": rest}
    arranged = arrange(make_intent(duration_s=20.0), style, piece.mix, stems, seed=1, engine="debug")

    assert "vocals" not in arranged.stems


def test_piece_that_was_not_taken_apart_is_one_stem(style: Style, make_intent: MakeIntent, piece: Piece) -> None:
    arranged = arrange(make_intent(duration_s=20.0), style, piece.mix, {}, seed=1, engine="debug")

    assert {track.name for track in arranged.score.tracks} - {"fx"} == {"other"}


def test_tempo_out_of_reach_stays_and_is_remarked(style: Style, make_intent: MakeIntent, piece: Piece) -> None:
    intent = make_intent(tempo_bpm=135.0, duration_s=30.0)
    arranged = arrange(intent, style, piece.mix, piece.stems, seed=1, engine="debug")

    assert arranged.score.plan.tempo_bpm == pytest.approx(120.0, abs=0.1)
    assert any("135 BPM" in remark for remark in arranged.score.plan.remarks)


def test_key_that_was_not_generated_is_remarked(style: Style, make_intent: MakeIntent, piece: Piece) -> None:
    intent = make_intent(tonic="F#", mode="major", duration_s=20.0)
    arranged = arrange(intent, style, piece.mix, piece.stems, seed=1, engine="debug")

    assert arranged.score.plan.key.tonic == "A"
    assert any("F# major" in remark for remark in arranged.remarks)


@pytest.mark.parametrize("ending", ["hit", "ring", "fade"])
def test_song_ends_in_silence(ending: str, style: Style, make_intent: MakeIntent, piece: Piece) -> None:
    intent = make_intent(ending=ending, duration_s=25.0)
    arranged = arrange(intent, style, piece.mix, piece.stems, seed=1, engine="debug")

    for stem in arranged.stems.values():
        assert np.abs(stem.samples[:, -24:]).max() < 0.003


def test_felt_beats_of_meters() -> None:
    assert pulse_of(Meter()) == (4, 1.0)
    assert pulse_of(Meter(numerator=6, denominator=8)) == (2, 1.5)
    assert pulse_of(Meter(numerator=5, denominator=8)) == (5, 0.5)
    assert pulse_of(Meter(numerator=3, denominator=4)) == (3, 1.0)


def test_six_eight_keeps_its_tempo(style: Style, make_intent: MakeIntent) -> None:
    # Two felt beats of a dotted quarter: 60 of them a minute are 90 quarter notes.
    piece = make_piece(60.0, 8, beats_per_bar=2)
    intent = make_intent(meter=Meter(numerator=6, denominator=8), tempo_bpm=90.0, duration_s=20.0)
    arranged = arrange(intent, style, piece.mix, piece.stems, seed=1, engine="debug")

    assert arranged.score.plan.tempo_bpm == 90.0
    assert arranged.score.plan.grid.bar_s == pytest.approx(2.0)
    assert arranged.heard.bar_s == pytest.approx(2.0, abs=0.01)
