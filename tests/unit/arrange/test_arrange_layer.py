from __future__ import annotations

import numpy as np
import pytest

from aurax.arrange.arranger import Arranged
from aurax.arrange.guide import guide
from aurax.arrange.layer import add_layer_track, chroma_agreement, fit_layer
from aurax.audio.waveform import SAMPLE_RATE, Samples, Waveform
from aurax.errors import InvalidOption
from aurax.mix.automation import find_lane


def late(mono: Samples, delay_s: float, speed: float = 1.0) -> Waveform:
    """The guide as an engine might play it: late, at another speed, beside a little noise."""
    frames = round(mono.size / speed)
    played = np.interp(np.arange(frames) * speed, np.arange(mono.size), mono)
    shift = round(delay_s * SAMPLE_RATE)
    moved = np.concatenate([np.zeros(max(0, shift)), played[max(0, -shift) :]])
    moved += 0.003 * np.random.default_rng(3).standard_normal(moved.size)
    return Waveform(np.vstack([moved, moved]).astype(np.float32))


@pytest.mark.parametrize("delay_ms", [0.0, 42.0, -130.0, 610.0])
def test_delay_is_found_within_five_milliseconds(arranged: Arranged, delay_ms: float) -> None:
    mono = guide(arranged.score).samples[0]
    fitted = fit_layer(arranged.score, late(mono, delay_ms / 1000.0))

    assert fitted.offset_ms == pytest.approx(delay_ms, abs=5.0)
    assert fitted.speed == 1.0
    assert fitted.fits


@pytest.mark.parametrize("speed", [1.015, 0.99])
def test_other_speeds_are_found_and_taken_out(arranged: Arranged, speed: float) -> None:
    mono = guide(arranged.score).samples[0]
    fitted = fit_layer(arranged.score, late(mono, 0.05, speed))

    assert fitted.speed == pytest.approx(speed, abs=0.001)
    again = fit_layer(arranged.score, fitted.waveform)
    assert again.offset_ms == pytest.approx(0.0, abs=5.0)
    assert again.speed == pytest.approx(1.0, abs=0.001)


def test_fitted_layer_is_as_long_as_the_song(arranged: Arranged) -> None:
    mono = guide(arranged.score).samples[0]
    short = Waveform(np.vstack([mono, mono])[:, : mono.size // 2].copy())

    assert fit_layer(arranged.score, short).waveform.frames == 62 * SAMPLE_RATE


def test_guide_agrees_with_its_song(arranged: Arranged) -> None:
    assert chroma_agreement(arranged.score, guide(arranged.score)) > 0.7


def test_layer_in_another_key_is_left_out(arranged: Arranged) -> None:
    mono = guide(arranged.score).samples[0]
    ratio = 2.0 ** (1.0 / 12.0)
    sharp = np.interp(np.arange(mono.size) * ratio % (mono.size - 1), np.arange(mono.size), mono).astype(np.float32)
    fitted = fit_layer(arranged.score, Waveform(np.vstack([sharp, sharp])))

    assert not fitted.fits
    assert "left out" in fitted.remarks[-1]


def test_noise_is_left_out(arranged: Arranged) -> None:
    noise = np.random.default_rng(1).standard_normal((2, 20 * SAMPLE_RATE)).astype(np.float32) * np.float32(0.1)

    assert not fit_layer(arranged.score, Waveform(noise)).fits


def test_layer_gets_a_track_in_the_sections_of_some_energy(arranged: Arranged) -> None:
    score = add_layer_track(arranged.score, "layer", below_lu=3.0)
    track = score.track("layer")
    lane = find_lane(track, "level_db")

    assert track.role == "pad"
    assert track.notes
    assert lane is not None
    for section in score.plan.sections:
        start = score.plan.grid.bars_to_ticks(section.start_bar)
        value = dict(lane.points)[start]
        assert value == (-3.0 if "layer" in section.parts else -72.0)
    assert any("layer" in section.parts for section in score.plan.sections)
    assert not all("layer" in section.parts for section in score.plan.sections)


def test_layers_name_must_be_new(arranged: Arranged) -> None:
    with pytest.raises(InvalidOption, match="new name"):
        add_layer_track(arranged.score, "drums")


def test_layer_of_another_rate_is_refused(arranged: Arranged) -> None:
    with pytest.raises(InvalidOption, match="48000"):
        fit_layer(arranged.score, Waveform(np.zeros((2, 100), np.float32), 44_100))
