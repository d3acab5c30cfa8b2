from __future__ import annotations

import numpy as np
import pytest
from builders.pieces import MAJOR_ROUND, MINOR_ROUND, make_piece, stereo, tone

from aurax.arrange.hearing import hear
from aurax.audio.waveform import SAMPLE_RATE, Waveform
from aurax.errors import SilentAudio


@pytest.mark.parametrize("bpm", [60.0, 72.3, 98.6, 120.0, 128.37, 160.0, 174.0, 180.0])
def test_tempo_is_heard_within_a_fifth_of_a_beat_a_minute(bpm: float) -> None:
    heard = hear(make_piece(bpm, 6, lead_in_s=0.31).mix, tempo_hint_bpm=bpm * 1.03)

    assert heard.tempo_bpm == pytest.approx(bpm, abs=0.2)


@pytest.mark.parametrize("bpm", [90.0, 112.0, 140.0])
def test_tempo_is_heard_without_a_hint(bpm: float) -> None:
    assert hear(make_piece(bpm, 6).mix).tempo_bpm == pytest.approx(bpm, abs=0.2)


def test_hint_decides_between_half_and_double_tempo() -> None:
    mix = make_piece(80.0, 8).mix

    assert hear(mix, tempo_hint_bpm=80.0).tempo_bpm == pytest.approx(80.0, abs=0.2)
    assert hear(mix, tempo_hint_bpm=160.0).tempo_bpm == pytest.approx(160.0, abs=0.4)


def test_piece_that_missed_the_hint_is_heard_as_it_is() -> None:
    assert hear(make_piece(103.0, 8).mix, tempo_hint_bpm=120.0).tempo_bpm == pytest.approx(103.0, abs=0.2)


@pytest.mark.parametrize("lead_in_s", [0.0, 0.2, 0.731])
def test_first_downbeat_is_found_after_silence(lead_in_s: float) -> None:
    heard = hear(make_piece(120.0, 8, lead_in_s=lead_in_s).mix, tempo_hint_bpm=120.0)

    assert heard.first_downbeat_s == pytest.approx(lead_in_s, abs=0.004)
    assert heard.bars == 8


@pytest.mark.parametrize("beats", [1, 2, 3])
def test_downbeat_is_found_in_a_piece_that_starts_within_a_bar(beats: int) -> None:
    mix = make_piece(120.0, 9).mix
    cut = Waveform(np.ascontiguousarray(mix.samples[:, round(beats * 0.5 * SAMPLE_RATE) :]))

    heard = hear(cut, tempo_hint_bpm=120.0)

    assert heard.first_downbeat_s == pytest.approx(2.0 - beats * 0.5, abs=0.004)


def test_bars_of_three_beats() -> None:
    heard = hear(make_piece(100.0, 8, beats_per_bar=3).mix, tempo_hint_bpm=100.0, beats_per_bar=3)

    assert heard.bars == 8
    assert heard.bar_times_s[1] - heard.bar_times_s[0] == pytest.approx(1.8, abs=0.002)


@pytest.mark.parametrize("minor", [False, True])
@pytest.mark.parametrize("tonic", range(12))
def test_key_is_heard(tonic: int, minor: bool) -> None:
    rounds = MINOR_ROUND if minor else MAJOR_ROUND
    key = hear(make_piece(160.0, 4, tonic=tonic, rounds=rounds).mix, tempo_hint_bpm=160.0).key

    assert key is not None
    assert (key.tonic_pitch_class, key.is_minor) == (tonic, minor)


def test_every_bar_has_its_chord() -> None:
    heard = hear(make_piece(120.0, 8, tonic=9).mix, tempo_hint_bpm=120.0)

    assert [chord.symbol for chord in heard.chords_by_bar] == ["Am", "F", "Dm", "Em"] * 2


def test_even_beats_show_no_drift_and_uneven_ones_do() -> None:
    steady = hear(make_piece(120.0, 8).mix, tempo_hint_bpm=120.0)
    rushing = hear(make_piece(120.0, 12, drift_percent=4.0).mix, tempo_hint_bpm=120.0)

    assert steady.drift_s < 0.004
    assert rushing.drift_s > 0.02


def test_music_without_a_pulse_gets_even_beats_at_the_hint() -> None:
    time = np.arange(12 * SAMPLE_RATE) / SAMPLE_RATE
    pad = tone(57, 12.0, 0.2, attack_s=4.0) + tone(64, 12.0, 0.2, attack_s=4.0)
    swell = (pad * (0.7 + 0.3 * np.sin(2.0 * np.pi * 0.07 * time))).astype(np.float32)

    heard = hear(stereo(swell), tempo_hint_bpm=70.0)

    assert heard.tempo_bpm == 70.0
    assert heard.tempo_confidence < 0.1
    assert np.diff(heard.beat_times_s) == pytest.approx(60.0 / 70.0)


def test_louder_bars_are_heard_as_louder() -> None:
    heard = hear(make_piece(120.0, 8, levels=(1.0,) * 4 + (0.5,) * 4).mix, tempo_hint_bpm=120.0)

    difference = heard.loudness_by_bar[:4].mean() - heard.loudness_by_bar[4:].mean()
    assert difference == pytest.approx(6.0, abs=0.5)


def test_silence_is_refused() -> None:
    with pytest.raises(SilentAudio):
        hear(Waveform(np.zeros((2, SAMPLE_RATE), np.float32)))


def test_audio_shorter_than_a_bar_has_no_bars() -> None:
    heard = hear(stereo(tone(60, 0.4)), tempo_hint_bpm=120.0)

    assert heard.bars == 0
