"""The master: loudness, ceiling, tone, and what it refuses."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from aurax.audio.loudness import integrated_lufs, loudness_range_lu
from aurax.audio.spectrum import band_share_db
from aurax.audio.true_peak import true_peak_dbtp
from aurax.audio.waveform import Waveform
from aurax.errors import CorruptData, SilentAudio
from aurax.mix import limiter, loudness_target
from aurax.mix.limiter import clip_peaks, limit, round_peaks
from aurax.mix.loudness_target import to_loudness
from aurax.mix.mastering import master
from aurax.mix.settings import MixSettings

SETTINGS = MixSettings()


def music(rate: int = 48_000, channels: int = 2, seconds: float = 12.0, hit: float = 0.12) -> Waveform:
    """Pinkish noise under decaying hits, about −20 LUFS."""
    frames = round(rate * seconds)
    rng = np.random.default_rng(9)
    bins = np.fft.rfft(rng.standard_normal((channels, frames)))
    bins[:, 1:] /= np.sqrt(np.arange(1, bins.shape[1])) / 30
    bed = np.fft.irfft(bins, frames)
    bed *= 0.1 / np.std(bed)
    beat = (np.arange(frames) / rate) % 0.5
    return Waveform((bed + hit * np.sin(2 * np.pi * 60 * beat) * np.exp(-beat * 15)).astype(np.float32), rate)


@pytest.mark.parametrize("rate", [44_100, 48_000])
@pytest.mark.parametrize("target", [None, -16.0, -10.0])
def test_the_master_reaches_its_loudness_under_its_ceiling(profile, rate: int, target: float | None) -> None:
    finished = master(music(rate), profile, SETTINGS, loudness_lufs=target)
    assert integrated_lufs(finished) == pytest.approx(-14.0 if target is None else target, abs=0.3)
    assert true_peak_dbtp(finished) <= profile.ceiling_dbtp
    assert finished.frames == music(rate).frames


def test_mono_is_mastered_too(profile) -> None:
    finished = master(music(channels=1), profile, SETTINGS)
    assert finished.channels == 1
    assert integrated_lufs(finished) == pytest.approx(-14.0, abs=0.3)


def test_an_unreachable_loudness_gives_the_best_and_never_breaks_the_ceiling(profile) -> None:
    clicks = np.zeros((2, 480_000), np.float32)
    clicks[:, ::24_000] = 0.9
    finished = master(Waveform(clicks), profile, SETTINGS, loudness_lufs=-5.0)
    assert true_peak_dbtp(finished) <= profile.ceiling_dbtp
    assert integrated_lufs(finished) < -6.0


def drums(seconds: float = 5.0) -> Waveform:
    """Short hits far apart: the music whose loudness is hardest to raise."""
    beat = (np.arange(round(48_000 * seconds)) / 48_000) % 0.5
    kick = np.sin(2 * np.pi * 55 * beat) * np.exp(-beat * 18)
    hat = np.random.default_rng(3).standard_normal(beat.size) * np.exp(-((beat + 0.25) % 0.5) * 40) * 0.3
    return Waveform(np.stack([kick + hat, kick - hat]).astype(np.float32) * np.float32(0.4))


@pytest.mark.parametrize("target", [-23.0, -18.0, -14.0, -11.0, -9.0, -8.0, -6.0])
@pytest.mark.parametrize("source", [music(seconds=5.0, hit=0.5), music(seconds=5.0, hit=0.02)], ids=["punchy", "dense"])
def test_every_loudness_from_minus_23_to_minus_6_is_met_at_the_ceiling(source: Waveform, target: float) -> None:
    finished = to_loudness(source, target, -1.0)
    assert integrated_lufs(finished) == pytest.approx(target, abs=0.3)
    assert true_peak_dbtp(finished) <= -1.0


@pytest.mark.parametrize("target", [-23.0, -14.0, -9.0, -8.0])
def test_drums_alone_reach_what_their_silences_allow(target: float) -> None:
    finished = to_loudness(drums(), target, -1.0)
    assert integrated_lufs(finished) == pytest.approx(target, abs=0.3)
    assert true_peak_dbtp(finished) <= -1.0


@pytest.mark.parametrize("ceiling", [-3.0, -0.3])
def test_other_ceilings_hold_for_loud_masters_too(ceiling: float) -> None:
    finished = to_loudness(drums(), -9.0, ceiling)
    assert integrated_lufs(finished) == pytest.approx(-9.0, abs=0.3)
    assert true_peak_dbtp(finished) <= ceiling


def test_gain_is_not_raised_where_it_no_longer_helps(monkeypatch) -> None:
    clicks = np.zeros((2, 480_000), np.float32)
    clicks[:, ::24_000] = 0.9
    tried: list[tuple[float, float]] = []
    driven = loudness_target._driven

    def noted(shaped: Waveform, gain_db: float, ceiling_db: float) -> Waveform:
        result = driven(shaped, gain_db, ceiling_db)
        tried.append((gain_db, integrated_lufs(result)))
        return result

    monkeypatch.setattr(loudness_target, "_driven", noted)
    finished = to_loudness(Waveform(clicks), -6.0, -1.0)
    rises = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in itertools.pairwise(tried)]
    assert all(rise >= 0.2 for rise in rises[:-1])
    assert tried[-1][0] - tried[0][0] <= 30.0
    assert integrated_lufs(finished) == pytest.approx(max(lufs for _, lufs in tried), abs=0.1)


def test_a_driven_master_keeps_its_spectrum_and_steady_tones_clean() -> None:
    source = music(hit=0.5)
    loud = to_loudness(source, -9.0, -1.0)
    for low, high in ((60, 250), (250, 2000), (2000, 8000)):
        assert band_share_db(loud, low, high) == pytest.approx(band_share_db(source, low, high), abs=1.5)


def test_rounding_never_folds_a_wave_over() -> None:
    ramp = np.linspace(0.0, 20.0, 48_000, dtype=np.float32)[None]
    rounded = round_peaks(ramp, 0.5, 0.9, 48_000)[0, 300:-300]
    assert np.diff(rounded).min() > -1e-3
    assert rounded.max() == pytest.approx(0.9, abs=0.01)


def test_clipping_in_batches_equals_clipping_at_once(monkeypatch) -> None:
    loud = Waveform(music(hit=0.5).samples * np.float32(6.0))
    at_once = round_peaks(loud.samples, 0.4, 0.9, 48_000)
    monkeypatch.setattr(limiter, "_BATCH_FRAMES", 1 << 14)
    assert np.abs(round_peaks(loud.samples, 0.4, 0.9, 48_000) - at_once).max() < 1e-4


def test_the_end_falls_to_zero(profile) -> None:
    finished = master(music(), profile, SETTINGS)
    assert np.all(finished.samples[:, -1] == 0.0)
    assert np.abs(finished.samples[:, -240:]).max() < 0.3 * np.abs(finished.samples).max()


def test_a_dull_mix_gets_brighter_and_a_boomy_one_leaner(profile) -> None:
    source = music(hit=0.02)
    kernel = np.array([[0.25, 0.5, 0.25]])
    dull = np.stack([np.convolve(row, kernel[0], "same") for row in source.samples]).astype(np.float32)
    for _ in range(4):
        dull = np.stack([np.convolve(row, kernel[0], "same") for row in dull]).astype(np.float32)
    before, after = (
        band_share_db(w, 5500, 12_000) for w in (Waveform(dull), master(Waveform(dull), profile, SETTINGS))
    )
    assert after > before + 2.0
    boomy = Waveform((source.samples + 0.4 * np.sin(2 * np.pi * 45 * np.arange(source.frames) / 48_000)).astype("f4"))
    assert band_share_db(master(boomy, profile, SETTINGS), 20, 60) < band_share_db(boomy, 20, 60) - 0.5


def test_the_trims_move_the_lows_and_the_highs(profile) -> None:
    plain = master(music(), profile, SETTINGS)
    bright = master(music(), profile, MixSettings(high_trim_db=3.0))
    lean = master(music(), profile, MixSettings(low_trim_db=-3.0))
    assert band_share_db(bright, 8000, 16_000) > band_share_db(plain, 8000, 16_000) + 1.5
    assert band_share_db(lean, 30, 80) < band_share_db(plain, 30, 80) - 0.5


def test_a_dark_style_ends_where_its_low_pass_says(profile) -> None:
    dark = master(music(), profile.model_copy(update={"lowpass_hz": 6000.0}), SETTINGS)
    open_top = master(music(), profile, SETTINGS)
    assert band_share_db(dark, 12_000, 20_000) < band_share_db(open_top, 12_000, 20_000) - 9


def test_rumble_is_removed(profile) -> None:
    source = music()
    rumble = 0.1 * np.sin(2 * np.pi * 8 * np.arange(source.frames) / 48_000)
    shaky = Waveform((source.samples + rumble).astype(np.float32))
    assert band_share_db(master(shaky, profile, SETTINGS), 4, 12) < band_share_db(shaky, 4, 12) - 24


def test_silence_and_nan_are_refused(profile) -> None:
    with pytest.raises(SilentAudio):
        master(Waveform(np.zeros((2, 96_000), np.float32)), profile, SETTINGS)
    broken = music().samples.copy()
    broken[1, 777] = np.nan
    with pytest.raises(CorruptData, match="NaN"):
        master(Waveform(broken), profile, SETTINGS)


def test_the_same_mix_gives_the_same_master_and_stays_unchanged(profile) -> None:
    source = music()
    copy = source.samples.copy()
    assert np.array_equal(master(source, profile, SETTINGS).samples, master(source, profile, SETTINGS).samples)
    assert np.array_equal(source.samples, copy)


@pytest.mark.parametrize("rate", [44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_the_limiter_never_passes_its_ceiling_and_leaves_quiet_sound_alone(rate: int, channels: int) -> None:
    loud = (np.random.default_rng(1).standard_normal((channels, rate * 2 + 7)) * 0.5).astype(np.float32)
    assert np.abs(limit(loud, 0.8, rate)).max() <= np.float32(0.8)
    quiet = loud * np.float32(0.1)
    assert np.array_equal(limit(quiet, 0.8, rate), quiet)


def test_the_limiter_comes_back_at_its_rate() -> None:
    wave = np.full((1, 96_000), 0.5, np.float32)
    wave[0, 24_000:24_100] = 1.6
    gain_db = 20 * np.log10(limit(wave, 0.8, 48_000)[0] / wave[0])
    assert gain_db[24_050] == pytest.approx(-6.02, abs=0.05)
    assert gain_db[24_000 - 480] == 0.0
    assert gain_db[48_000] == pytest.approx(0.0, abs=0.01)
    assert gain_db[26_500] - gain_db[25_300] == pytest.approx(40 * 1200 / 48_000, abs=0.1)


def test_the_limiter_moves_without_steps() -> None:
    # A gain that jumps in one frame is a click, even milliseconds ahead of the peak it makes room for.
    wave = np.full((1, 96_000), 0.5, np.float32)
    wave[0, 48_000] = 1.6
    gain_db = 20 * np.log10(limit(wave, 0.8, 48_000)[0] / wave[0])
    assert gain_db[48_000] == pytest.approx(-6.02, abs=0.05)
    assert np.abs(np.diff(gain_db)).max() < 0.1


def test_the_soft_clip_bends_peaks_and_nothing_else() -> None:
    beat = (np.arange(96_000) / 48_000) % 0.5
    wave = np.tile(np.sin(2 * np.pi * 100 * beat) * np.exp(-beat * 10), (2, 1)).astype(np.float32)
    clipped = clip_peaks(wave, 0.5, 48_000)
    assert np.abs(clipped).max() < 0.95 * np.abs(wave).max()
    quiet = np.abs(wave).max(axis=0) < 0.2
    assert np.array_equal(clipped[:, 15_000:23_000], wave[:, 15_000:23_000])
    assert quiet[15_000:23_000].all()


def test_a_song_that_moves_too_little_is_ridden_toward_its_range(profile) -> None:
    source = music(seconds=60)
    swell = np.where(np.arange(source.frames) // 480_000 % 2, 1.0, 10 ** (-2.5 / 20)).astype(np.float32)
    flat = Waveform(source.samples * swell)
    finished = master(flat, profile, SETTINGS)
    assert loudness_range_lu(flat) < 3.0
    assert loudness_range_lu(finished) > loudness_range_lu(flat) + 0.7
    assert true_peak_dbtp(finished) <= profile.ceiling_dbtp
