from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders.pieces import make_piece
from numpy.typing import NDArray

from aurax.arrange.grid import Aligned, align_to_grid, choose_tempo
from aurax.arrange.hearing import hear
from aurax.arrange.joints import Segment, fade_gains, join, joint_correlations
from aurax.audio.waveform import SAMPLE_RATE, Waveform
from aurax.errors import InvalidOption


def kick_errors_ms(aligned: Aligned, beats: int) -> NDArray[np.float64]:
    """How far each kick lies from its beat on the grid."""
    drums = aligned.stems["drums"].samples[0].astype(np.float64)
    beat = 60.0 / aligned.tempo_bpm * SAMPLE_RATE
    errors = []
    for number in range(1, beats):
        centre = aligned.first_frame + round(number * beat)
        window = drums[centre - 2400 : centre + 2400]
        power = np.convolve(window**2, np.ones(48) / 48.0, "same")
        errors.append((int(np.argmax(power > 0.1 * power.max())) - 2400) / 48.0)
    return np.array(errors)


def test_steady_piece_at_its_own_tempo_is_only_cut() -> None:
    piece = make_piece(120.0, 8, lead_in_s=0.2)
    aligned = align_to_grid(piece.stems, hear(piece.mix, tempo_hint_bpm=120.0), 120.0)

    assert aligned.stretched_percent == 0.0
    assert all(np.array_equal(aligned.stems[name].samples, piece.stems[name].samples) for name in piece.stems)


@pytest.mark.parametrize(("bpm", "wanted"), [(120.0, 124.0), (120.0, 112.0), (120.0, 129.5), (97.3, 98.0)])
def test_beats_are_on_the_grid_after_stretching(bpm: float, wanted: float) -> None:
    piece = make_piece(bpm, 8, lead_in_s=0.1)
    aligned = align_to_grid(piece.stems, hear(piece.mix, tempo_hint_bpm=bpm), wanted)

    assert np.abs(kick_errors_ms(aligned, 31)).max() < 10.0
    assert hear(Waveform(aligned.mix()), tempo_hint_bpm=wanted).tempo_bpm == pytest.approx(wanted, abs=0.1)


@pytest.mark.parametrize("drift_percent", [4.0, -3.0])
def test_drift_is_taken_out(drift_percent: float) -> None:
    piece = make_piece(100.0, 12, drift_percent=drift_percent)
    aligned = align_to_grid(piece.stems, hear(piece.mix, tempo_hint_bpm=100.0), 101.0)

    assert np.abs(kick_errors_ms(aligned, 47)).max() < 10.0


def test_stretched_stems_add_up_to_the_stretched_mix() -> None:
    piece = make_piece(120.0, 8)
    heard = hear(piece.mix, tempo_hint_bpm=120.0)
    stems = align_to_grid(piece.stems, heard, 126.0)
    mix = align_to_grid({"other": piece.mix}, heard, 126.0)

    assert np.abs(stems.mix() - mix.mix()).max() < 1e-5


def test_stretching_adds_no_steps_to_a_smooth_sound() -> None:
    piece = make_piece(120.0, 8, drums=False)
    heard = hear(piece.mix, tempo_hint_bpm=120.0)
    aligned = align_to_grid(piece.stems, heard, 127.0)

    source, result = (np.abs(np.diff(samples[0])).max() for samples in (piece.mix.samples, aligned.mix()))
    assert result < 1.3 * source


def test_tempo_within_eight_percent_is_granted() -> None:
    assert choose_tempo(120.0, 128.0) == (128.0, "")


def test_tempo_beyond_keeps_the_pieces_own_and_says_so() -> None:
    tempo, remark = choose_tempo(119.987, 140.0)

    assert tempo == 119.99
    assert "140 BPM" in remark
    assert "120.0 BPM" in remark


def test_open_tempo_is_rounded_only_where_that_costs_nothing() -> None:
    assert choose_tempo(119.93, None)[0] == 120.0
    assert choose_tempo(119.25, None)[0] == 119.25


def test_audio_without_a_whole_bar_is_refused() -> None:
    piece = make_piece(120.0, 1)
    heard = replace(hear(piece.mix, tempo_hint_bpm=120.0), bar_times_s=np.zeros(0))
    with pytest.raises(InvalidOption, match="at least one bar"):
        align_to_grid(piece.stems, heard, 120.0)


def test_stems_of_different_lengths_are_refused() -> None:
    piece = make_piece(120.0, 4)
    short = Waveform(np.ascontiguousarray(piece.mix.samples[:, :-10]))
    with pytest.raises(InvalidOption, match="one length"):
        align_to_grid({**piece.stems, "bass": short}, hear(piece.mix, tempo_hint_bpm=120.0), 120.0)


@pytest.mark.parametrize("correlation", [0.0, 0.4, 1.0])
def test_crossfade_keeps_the_power(correlation: float) -> None:
    out, into = fade_gains(500, correlation)

    power = out**2 + into**2 + 2.0 * correlation * out * into
    assert power == pytest.approx(1.0, abs=1e-5)


def test_crossfade_of_equal_signals_changes_nothing() -> None:
    out, into = fade_gains(500, 1.0)

    assert out + into == pytest.approx(1.0, abs=1e-6)


def test_joints_of_neighbours_reproduce_the_source() -> None:
    source = np.random.default_rng(1).standard_normal((2, 20_000)).astype(np.float32)
    segments = [Segment(0, 100), Segment(5_000, 5_100), Segment(9_000, 9_100)]

    correlations = joint_correlations(source, segments, 400, 50)

    assert join(source, segments, 15_000, correlations, 400, 50) == pytest.approx(source[:, 100:15_100], abs=1e-5)
