"""Mastering to a reference: tone, width, dynamics and loudness come nearer, and never further than allowed."""

from __future__ import annotations

import numpy as np
import pytest

from aurax.audio.loudness import integrated_lufs, loudness_range_lu
from aurax.audio.true_peak import true_peak_dbtp
from aurax.audio.waveform import Samples, Waveform
from aurax.errors import CorruptData, SilentAudio
from aurax.mix.reference import ReferenceLimits, master_to_reference, sides_db


def music(
    *, seed: int = 1, tilt: float = 1.0, width: float = 0.3, level: float = 0.1, contrast: float = 1.0
) -> Waveform:
    """Noise of 24 s whose density falls by `tilt` × 3 dB per octave; its second half is `contrast` times as loud."""
    rate, frames = 48_000, 24 * 48_000
    rng = np.random.default_rng(seed)
    bins = np.fft.rfft(rng.standard_normal((2, frames)), axis=1)
    bins[:, 1:] /= np.arange(1, bins.shape[1]) ** (tilt / 2.0)
    mid, side = np.fft.irfft(bins, frames, axis=1)
    samples = np.stack([mid + width * side, mid - width * side])
    samples[:, frames // 2 :] *= contrast
    return Waveform((samples * level / samples.std()).astype(np.float32), rate)


def mono(waveform: Waveform) -> Waveform:
    samples: Samples = np.repeat(waveform.samples.mean(axis=0, keepdims=True), 2, axis=0)
    return Waveform(samples, waveform.sample_rate)


def test_the_spectrum_comes_nearer_to_the_references() -> None:
    _, match = master_to_reference(music(tilt=0.7), music(seed=2, tilt=1.2))
    assert match.tone_before_db > 2.0
    assert match.tone_after_db < 0.35 * match.tone_before_db


def test_no_part_of_the_spectrum_is_bent_beyond_the_limit() -> None:
    limits = ReferenceLimits(tone_db=2.0)
    _, free = master_to_reference(music(tilt=0.3), music(seed=2, tilt=2.0))
    _, held = master_to_reference(music(tilt=0.3), music(seed=2, tilt=2.0), limits=limits)
    assert held.tone_before_db - held.tone_after_db <= 2.0 + 0.3
    assert held.tone_after_db > free.tone_after_db


@pytest.mark.parametrize(("mine", "aim"), [(0.2, 0.3), (0.5, 0.35)])
def test_the_width_comes_to_the_references(mine: float, aim: float) -> None:
    _, match = master_to_reference(music(width=mine), music(seed=2, width=aim))
    assert abs(match.width_after_db) < 0.5
    assert abs(match.width_before_db) > 2.0


def test_the_sides_are_turned_by_no_more_than_the_limit() -> None:
    mix, reference = music(width=0.05), music(seed=2, width=0.9)
    finished, _ = master_to_reference(mix, reference)
    assert sides_db(finished.samples) - sides_db(mix.samples) == pytest.approx(4.0, abs=0.5)


def test_a_mono_mix_stays_mono() -> None:
    finished, _ = master_to_reference(mono(music()), music(seed=2))
    assert np.array_equal(finished.samples[0], finished.samples[1])


def test_loudness_and_peak_are_the_references_within_bounds() -> None:
    finished, match = master_to_reference(music(level=0.05), music(seed=2, level=0.2), ceiling_dbtp=-1.5)
    assert integrated_lufs(finished) == pytest.approx(match.loudness_lufs, abs=0.3)
    assert match.loudness_lufs == pytest.approx(integrated_lufs(music(seed=2, level=0.2)), abs=0.01)
    assert true_peak_dbtp(finished) <= -1.5


@pytest.mark.parametrize(("level", "expected"), [(0.01, -20.0), (0.9, -8.0)])
def test_extreme_references_are_not_copied(level: float, expected: float) -> None:
    _, match = master_to_reference(music(), music(seed=2, level=level))
    assert match.loudness_lufs == expected


def test_an_own_loudness_beats_the_references() -> None:
    finished, _ = master_to_reference(music(), music(seed=2, level=0.3), loudness_lufs=-16.0)
    assert integrated_lufs(finished) == pytest.approx(-16.0, abs=0.3)


@pytest.mark.parametrize(("mine", "aim"), [(2.2, 1.4), (1.3, 1.8)])
def test_the_loudness_range_comes_nearer_in_both_directions(mine: float, aim: float) -> None:
    mix, reference = music(contrast=mine), music(seed=2, contrast=aim)
    finished, match = master_to_reference(mix, reference)
    assert abs(match.range_after_lu) < 0.75 * abs(match.range_before_lu)
    assert loudness_range_lu(finished) - loudness_range_lu(reference) == pytest.approx(match.range_after_lu, abs=0.01)


def test_silence_and_nan_are_refused_by_name() -> None:
    silence = Waveform(np.zeros((2, 96_000), np.float32))
    broken = Waveform(np.full((2, 96_000), np.nan, np.float32))
    with pytest.raises(SilentAudio, match="reference"):
        master_to_reference(music(), silence)
    with pytest.raises(SilentAudio, match="mix"):
        master_to_reference(silence, music())
    with pytest.raises(CorruptData, match="reference"):
        master_to_reference(music(), broken)
