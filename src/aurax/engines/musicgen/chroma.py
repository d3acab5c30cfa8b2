"""A melody as MusicGen-Melody takes it: the loudest pitch class of each 128 ms.

Source: J. Copet et al., "Simple and Controllable Music Generation" (2023), section 2.4; the same numbers as
transformers' `MusicgenMelodyFeatureExtractor`, which needs torchaudio.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from transformers.audio_utils import chroma_filter_bank

from aurax.audio.waveform import Samples

FFT_SIZE = 16_384
HOP = 4096


def one_hot_chroma(samples: Samples, sample_rate: int, pitch_classes: int = 12) -> Tensor:
    """The loudest pitch class over time.

    Args:
        samples: float32, shape (channels, frames); channels are averaged.
        sample_rate: of the audio; MusicGen's own is 32 kHz.
        pitch_classes: in an octave; the first is C.

    Returns:
        float32, shape (1 + frames // 4096, pitch classes): a single 1 in each row. Audio shorter than one transform
        counts as one with silence on both sides; silence itself is C.
    """
    mono = torch.from_numpy(samples.mean(axis=0, dtype=np.float32))
    missing = FFT_SIZE - mono.shape[0]
    if missing > 0:
        mono = functional.pad(mono, (missing // 2, missing - missing // 2))
    window = torch.hann_window(FFT_SIZE)
    spectrum = torch.stft(mono, FFT_SIZE, HOP, window=window, center=True, return_complex=True)
    power = spectrum.abs().square() / window.square().sum()
    loudest = (_filters(sample_rate, pitch_classes) @ power).argmax(dim=0)
    return functional.one_hot(loudest, pitch_classes).float()


def melody_from(melody: Samples, start: int, frames: int) -> Samples:
    """What a melody, which repeats for as long as the piece lasts, plays in a stretch of it.

    Args:
        melody: shape (channels, frames), not empty.
        start: first frame of the piece's stretch, counted from the piece's beginning.
        frames: length of the stretch.

    Returns:
        At most so many frames: a melody that is shorter comes once, from that point on to that point again.
    """
    offset = start % melody.shape[1]
    repeated = np.concatenate([melody[:, offset:], melody[:, :offset]], axis=1)
    return np.ascontiguousarray(repeated[:, :frames])


@cache
def _filters(sample_rate: int, pitch_classes: int) -> Tensor:
    bank = chroma_filter_bank(
        num_frequency_bins=FFT_SIZE, num_chroma=pitch_classes, sampling_rate=sample_rate, tuning=0.0
    )
    return torch.from_numpy(bank).float()
