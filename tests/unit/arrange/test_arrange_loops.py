"""Loops that are arranged from generated audio."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders.intents import MakeIntent
from builders.pieces import Piece, tone

from aurax.arrange.arranger import arrange
from aurax.arrange.layer import fit_layer
from aurax.audio.waveform import SAMPLE_RATE, Waveform
from aurax.compose.style import Style
from aurax.judge.seam import measure_seam


@pytest.mark.parametrize(("bars", "bpm"), [(8, 120.0), (4, 122.0), (32, 119.0)])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_loop_of_generated_audio_has_its_bars_and_a_seam(
    style: Style, make_intent: MakeIntent, piece: Piece, bars: int, bpm: float, seed: int
) -> None:
    intent = make_intent(loop=True, bars=bars, tempo_bpm=bpm, duration_s=bars * 240 / bpm)
    made = arrange(intent, style, piece.mix, piece.stems, seed=seed, engine="debug")
    plan = made.score.plan
    assert (plan.bars, plan.tail_s, plan.is_loop) == (bars, 0.0, True)
    assert {stem.frames for stem in made.stems.values()} == {round(bars * 240 / bpm * SAMPLE_RATE)}
    seam = measure_seam(Waveform(np.sum([stem.samples for stem in made.stems.values()], axis=0)))
    assert seam.step <= 1.5
    assert seam.fall_db <= seam.deepest_fall_db + 6
    assert seam.rise_db <= seam.steepest_rise_db + 6


def test_asked_bars_of_generated_audio_ring_after_them(style: Style, make_intent: MakeIntent, piece: Piece) -> None:
    made = arrange(make_intent(bars=8), style, piece.mix, piece.stems, seed=1, engine="debug")
    assert (made.score.plan.bars, made.score.plan.tail_s) == (8, style.form.tail_s)
    assert {stem.frames for stem in made.stems.values()} == {round((16 + style.form.tail_s) * SAMPLE_RATE)}


def test_the_layer_of_a_loop_does_not_dip_at_the_seam(style: Style, make_intent: MakeIntent, piece: Piece) -> None:
    made = arrange(make_intent(loop=True, bars=4), style, piece.mix, piece.stems, seed=1, engine="debug")
    held = np.tile(tone(57, 9.0), (2, 1))[:, 4800 : 4800 + 8 * SAMPLE_RATE].astype(np.float32)
    looped = fit_layer(made.score, Waveform(held)).waveform
    ended = fit_layer(
        replace(made.score, plan=made.score.plan.model_copy(update={"ending": "ring"})), Waveform(held)
    ).waveform
    assert measure_seam(looped).step <= 1.5
    assert measure_seam(looped).fall_db < 6
    assert measure_seam(ended).fall_db > 10
