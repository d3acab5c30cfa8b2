import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from aurax.audio.waveform import SAMPLE_RATE, Waveform
from aurax.judge.criteria import (
    brightness,
    clicks,
    clipping,
    dc_offset,
    loudness_consistency,
    loudness_range,
    mono_loss,
    silence,
    spectral_balance,
    stem_correlation,
    stem_level,
    stem_null,
    stereo_correlation,
    sub_share,
)
from aurax.judge.criterion import StemMeasurements
from aurax.score.score import Score


def shaped_noise(slopes_db, seconds=40.0, seed=1, width=0.5, levels=(0.1,)):
    """Noise whose power density falls by the given dB per octave in 20–100, 100–1k, 1k–5k and 5k–15k Hz."""
    frames = 5 * SAMPLE_RATE  # inverse transforms are periodic, so that copies join without a seam
    rng = np.random.default_rng(seed)
    hertz = np.fft.rfftfreq(frames, 1 / SAMPLE_RATE)
    corners = np.array([20.0, 45.0, 100.0, 1000.0, 5000.0, 15000.0, 24000.0])
    steps = np.diff(np.log2(corners)) * np.array([12.0, *slopes_db, -30.0])
    curve = np.interp(np.log2(np.maximum(hertz, 1.0)), np.log2(corners), np.concatenate([[0.0], np.cumsum(steps)]))
    curve[hertz < 20.0] = -60.0
    mid, side = (
        np.fft.irfft(np.fft.rfft(rng.standard_normal(frames)) * 10 ** (curve / 20), n=frames) for _ in range(2)
    )
    both = np.stack([mid + width * side, mid - width * side])
    both = np.tile(both, round(seconds / 5.0))
    frames = both.shape[1]
    both *= np.repeat(levels, -(-frames // len(levels)))[:frames] / both.std()
    return Waveform(both.astype(np.float32))


@pytest.fixture(scope="module")
def good():
    """Noise with the small song's target spectrum, quiet and loud by turns."""
    return shaped_noise((0.0, -5.0, -4.0, -6.5), levels=(0.05, 0.1))


def failing(checks):
    return [check.name for check in checks if not check.passed]


@pytest.mark.parametrize(
    "criterion",
    [brightness, clicks, clipping, dc_offset, loudness_consistency, mono_loss, silence,
     spectral_balance, stem_correlation, stem_null, stereo_correlation, sub_share],
)  # fmt: skip
def test_well_made_audio_passes(evidence_of, good, criterion):
    checks = criterion.judge(evidence_of(master=good))
    assert checks
    assert failing(checks) == []


@pytest.mark.parametrize(
    ("slopes", "name"),
    [
        ((0.0, -2.0, -4.0, -6.5), "spectral_balance:100_1k"),
        ((0.0, -5.0, -8.0, -6.5), "spectral_balance:1k_5k"),
        ((0.0, -5.0, -4.0, 0.0), "spectral_balance:5k_15k"),
        ((6.0, -9.0, -4.0, -6.5), "spectral_balance:lows"),
    ],
)
def test_a_spectrum_that_tilts_wrong_fails(evidence_of, slopes, name):
    assert name in failing(spectral_balance.judge(evidence_of(master=shaped_noise(slopes, seconds=10))))


def test_too_much_and_too_little_sub_fail(evidence_of):
    boomy = shaped_noise((-12.0, -5.0, -4.0, -6.5), seconds=10)
    thin = Waveform(sosfilt(butter(6, 90, "highpass", fs=48_000, output="sos"), boomy.samples).astype(np.float32))
    assert failing(sub_share.judge(evidence_of(master=boomy))) == ["sub_share"]
    assert failing(sub_share.judge(evidence_of(master=thin))) == ["sub_share"]


def test_dull_and_harsh_audio_fail(evidence_of, good):
    dull = Waveform(sosfilt(butter(6, 3000, fs=48_000, output="sos"), good.samples).astype(np.float32))
    harsh = shaped_noise((0.0, 0.0, 0.0, 0.0), seconds=10)
    assert failing(brightness.judge(evidence_of(master=dull))) == ["brightness"]
    assert failing(brightness.judge(evidence_of(master=harsh))) == ["brightness"]


def test_a_minute_of_loud_and_quiet_passages_has_range_enough(evidence_of):
    moving = shaped_noise((0.0, -5.0, -4.0, -6.5), seconds=64, levels=(0.05, 0.1))
    (check,) = loudness_range.judge(evidence_of(master=moving))
    assert check.passed


def test_constant_loudness_fails_the_range(evidence_of):
    flat = shaped_noise((0.0, -5.0, -4.0, -6.5), seconds=64)
    assert failing(loudness_range.judge(evidence_of(master=flat))) == ["loudness_range"]


def test_the_range_of_less_than_a_minute_is_not_judged(evidence_of):
    assert loudness_range.judge(evidence_of(master=shaped_noise((0.0, -5.0, -4.0, -6.5), seconds=40))) == []


def test_a_chorus_as_loud_as_the_verse_fails(evidence_of):
    flat = shaped_noise((0.0, -5.0, -4.0, -6.5), seconds=32)
    (check,) = [one for one in loudness_consistency.judge(evidence_of(master=flat)) if not one.passed]
    assert check.name == "loudness_consistency:contrast"
    assert check.where.bars == tuple(range(9, 17))


def test_a_passage_that_jumps_out_fails(evidence_of):
    burst = shaped_noise((0.0, -5.0, -4.0, -6.5), seconds=80, levels=(0.03,) * 19 + (0.12,))
    assert "loudness_consistency:peak" in failing(loudness_consistency.judge(evidence_of(master=burst)))


@pytest.mark.parametrize(("width", "passed"), [(0.0, False), (0.5, True), (2.0, False)])
def test_correlation_must_lie_between_mono_and_phasy(evidence_of, width, passed):
    audio = shaped_noise((0.0, -5.0, -4.0, -6.5), seconds=5, width=width)
    assert stereo_correlation.judge(evidence_of(master=audio))[0].passed is passed


@pytest.mark.parametrize(("width", "passed"), [(0.5, True), (1.0, False)])
def test_a_mono_speaker_may_lose_two_lu(evidence_of, width, passed):
    audio = shaped_noise((0.0, -5.0, -4.0, -6.5), seconds=5, width=width)
    assert mono_loss.judge(evidence_of(master=audio))[0].passed is passed


def test_a_single_step_is_a_click_in_its_bar(evidence_of, sound):
    samples = sound.samples.copy()
    samples[:, round(9.1 * SAMPLE_RATE)] += 0.5
    (check,) = clicks.judge(evidence_of(master=Waveform(samples)))
    assert not check.passed
    assert check.where.bars == (5,)


def test_hats_and_kicks_are_no_clicks(evidence_of, sound):
    assert clicks.judge(evidence_of(master=Waveform(sound.samples * np.float32(4.0))))[0].passed


def test_a_hole_of_two_bars_fails_and_one_of_a_beat_does_not(evidence_of, sound):
    for seconds, passed in ((4.0, False), (0.5, True)):
        samples = sound.samples.copy()
        samples[:, 8 * SAMPLE_RATE : round((8 + seconds) * SAMPLE_RATE)] = 0.0
        (check,) = silence.judge(evidence_of(master=Waveform(samples)))
        assert check.passed is passed
    assert not silence.judge(evidence_of(master=Waveform(np.zeros_like(sound.samples))))[0].passed


def test_flattened_waves_fail(evidence_of, sound):
    flattened = Waveform(np.clip(sound.samples * np.float32(20.0), -1.0, 1.0))
    assert not clipping.judge(evidence_of(master=flattened))[0].passed


def test_an_offset_fails(evidence_of, good):
    assert not dc_offset.judge(evidence_of(master=Waveform(good.samples + np.float32(0.01))))[0].passed


def test_stems_that_do_not_sum_to_the_mix_fail(evidence_of):
    assert not stem_null.judge(evidence_of(null_residual_dbfs=-60.0))[0].passed
    assert stem_null.judge(evidence_of(null_residual_dbfs=None)) == []


def test_a_stem_out_of_phase_fails_by_name(evidence_of):
    stems = {"pad": StemMeasurements(-20.0, -6.0, -0.2, "pad"), "bass": StemMeasurements(-20.0, -6.0, 1.0, "bass")}
    (check,) = stem_correlation.judge(evidence_of(stems=stems))
    assert not check.passed
    assert check.where.stem == "pad"


def test_stems_keep_the_levels_of_their_roles(evidence_of, score):
    profile = score.plan.production.model_copy(update={"role_level_lu": {"bass": -8.0, "lead": -7.0}})
    song = Score(score.plan.model_copy(update={"production": profile}), score.tracks)
    stems = {track.name: StemMeasurements(-20.0, -6.0, 1.0, track.role) for track in score.tracks}
    assert failing(stem_level.judge(evidence_of(score=song, stems=stems))) == []
    stems["lead"] = StemMeasurements(-40.0, -20.0, 1.0, "lead")
    (check,) = [one for one in stem_level.judge(evidence_of(score=song, stems=stems)) if not one.passed]
    assert check.name == "stem_level:lead"
    assert check.where.stem == "lead"
