from types import SimpleNamespace

import numpy as np
import pytest
import torch
from transformers.audio_utils import chroma_filter_bank
from transformers.models.musicgen_melody.feature_extraction_musicgen_melody import MusicgenMelodyFeatureExtractor

from aurax.engines.musicgen.chroma import FFT_SIZE, HOP, melody_from, one_hot_chroma

RATE = 32_000


def tone(pitch_hz: float, seconds: float) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * pitch_hz * np.arange(round(seconds * RATE)) / RATE).astype(np.float32)[None]


def power_spectrogram(waveform: torch.Tensor) -> torch.Tensor:
    """What torchaudio's `Spectrogram(power=2, normalized=True)` computes, frame by frame."""
    padded = np.pad(waveform.double().numpy()[0], FFT_SIZE // 2, mode="reflect")
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FFT_SIZE) / FFT_SIZE)
    starts = range(0, len(padded) - FFT_SIZE + 1, HOP)
    frames = [np.abs(np.fft.rfft(window * padded[start : start + FFT_SIZE])) ** 2 for start in starts]
    return torch.from_numpy(np.stack(frames, axis=1) / (window**2).sum()).float()[None]


def published_chroma(mono: np.ndarray) -> torch.Tensor:
    bank = chroma_filter_bank(sampling_rate=RATE, num_frequency_bins=FFT_SIZE, tuning=0, num_chroma=12)
    extractor = SimpleNamespace(
        n_fft=FFT_SIZE, chroma_filters=torch.from_numpy(bank).float(), spectrogram=power_spectrogram
    )
    features = MusicgenMelodyFeatureExtractor._torch_extract_fbank_features(extractor, torch.from_numpy(mono))
    return features[0]


@pytest.mark.parametrize("seconds", [0.3, 0.5001, 3.0, 30.0])
def test_it_equals_the_published_feature_extractor(seconds: float):
    generator = np.random.default_rng(3)
    notes = [tone(220 * 2 ** (step / 12), 0.4) for step in generator.integers(0, 24, 80)]
    melody = np.concatenate(notes, axis=1)[:, : round(seconds * RATE)]
    melody = melody + 0.01 * generator.standard_normal(melody.shape).astype(np.float32)
    assert torch.equal(one_hot_chroma(melody, RATE), published_chroma(melody))


@pytest.mark.parametrize(("pitch_hz", "pitch_class"), [(261.63, 0), (329.63, 4), (440.0, 9), (880.0, 9)])
def test_a_tone_is_its_pitch_class(pitch_hz: float, pitch_class: int):
    assert one_hot_chroma(tone(pitch_hz, 1.0), RATE).argmax(dim=1).tolist() == [pitch_class] * 8


def test_thirty_seconds_are_the_235_rows_of_the_published_models():
    assert one_hot_chroma(tone(440, 30.0), RATE).shape == (235, 12)


def test_every_row_holds_a_single_one():
    rows = one_hot_chroma(np.random.default_rng(0).standard_normal((2, 50_000)).astype(np.float32), RATE)
    assert torch.equal(rows.sum(dim=1), torch.ones(rows.shape[0]))
    assert set(rows.unique().tolist()) == {0.0, 1.0}


def test_channels_are_averaged():
    left, right = tone(440, 1.0), tone(330, 1.0)
    both = np.concatenate([left, right])
    assert torch.equal(one_hot_chroma(both, RATE), one_hot_chroma((left + right) / 2, RATE))


def test_a_stretch_of_a_long_melody_is_that_stretch():
    melody = np.arange(20, dtype=np.float32).reshape(2, 10)
    assert np.array_equal(melody_from(melody, 0, 4), melody[:, :4])
    assert np.array_equal(melody_from(melody, 3, 4), melody[:, 3:7])


def test_a_melody_repeats_when_the_piece_goes_on():
    melody = np.arange(10, dtype=np.float32)[None]
    assert melody_from(melody, 8, 4).tolist() == [[8, 9, 0, 1]]
    assert melody_from(melody, 23, 100).tolist() == [[3, 4, 5, 6, 7, 8, 9, 0, 1, 2]]
