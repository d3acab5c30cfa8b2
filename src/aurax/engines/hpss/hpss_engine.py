"""The separator: blocks of a few seconds, so that memory does not grow with the length of the mixture.

Blocks overlap by what the filters need to know about the time around, so that the result does not depend on where
they begin.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft

from aurax.audio.spectrum import hann_window
from aurax.audio.waveform import Samples
from aurax.engines.engine import Cancel, Chunk, EngineInfo, cancelled
from aurax.engines.hpss.masks import FFT_FRAMES, HOP_FRAMES, TIME_BINS, masks
from aurax.engines.requests import Request
from aurax.engines.separation import require_separation, with_the_rest

_BLOCK_COLUMNS = 400
"""Columns of the spectrogram in a block: 8.5 s."""
_MARGIN_COLUMNS = TIME_BINS // 2
_LEAD_FRAMES = FFT_FRAMES - HOP_FRAMES
"""The first column begins so long before the audio, so that every frame is in as many columns."""
_WINDOW = hann_window(FFT_FRAMES)
_GAIN = np.float32(1.0 / np.sum(_WINDOW[::HOP_FRAMES] ** 2))
"""Undoes the overlap of windows that are applied before and after."""


class HpssSeparator:
    """Drums, bass and the rest. `overlap`, `shifts` and `seed` of a request change nothing.

    Args:
        info: what it is.
    """

    def __init__(self, info: EngineInfo) -> None:
        self.info = info

    def stream(self, request: Request, cancel: Cancel) -> Iterator[Chunk]:
        """Eight seconds of all stems at a time; see `Engine.stream`."""
        mixture = require_separation(self.info, request).mixture.samples
        frames = mixture.shape[1]
        columns = -(-(frames + _LEAD_FRAMES) // HOP_FRAMES)
        tail = np.zeros((2, 2, _LEAD_FRAMES), dtype=np.float32)
        given = 0
        for first in range(0, columns, _BLOCK_COLUMNS):
            if cancel.is_set():
                raise cancelled(self.info.name)
            last = min(columns, first + _BLOCK_COLUMNS)
            added = _add_columns(_drums_and_bass(mixture, first, last))
            added[..., :_LEAD_FRAMES] += tail
            tail = added[..., -_LEAD_FRAMES:]
            # Block frame 0 is `_LEAD_FRAMES` before the audio, and the last `_LEAD_FRAMES` are not complete yet.
            start = first * HOP_FRAMES - _LEAD_FRAMES
            until = min(frames, last * HOP_FRAMES - _LEAD_FRAMES)
            drums, bass = added[..., given - start : until - start]
            audio = with_the_rest(mixture[:, given:until], {"drums": drums, "bass": bass})
            given = until
            yield Chunk({name: audio[name] for name in self.info.outputs}, last / columns)

    def close(self) -> None:
        """Nothing to free."""


def _drums_and_bass(mixture: Samples, first: int, last: int) -> NDArray[np.complex64]:
    """Columns of both stems' spectrograms, shape (2 stems, 2 channels, columns, bins)."""
    spectrogram = _columns(mixture, first - _MARGIN_COLUMNS, last + _MARGIN_COLUMNS)
    # One mask for both channels keeps every sound where it is between the loudspeakers.
    power = np.sum(spectrogram.real**2 + spectrogram.imag**2, axis=0)
    inner = slice(_MARGIN_COLUMNS, _MARGIN_COLUMNS + last - first)
    both = np.stack([mask[inner] for mask in masks(np.sqrt(power))])
    return both[:, None] * spectrogram[None, :, inner]


def _columns(mixture: Samples, first: int, last: int) -> NDArray[np.complex64]:
    """Columns of the mixture's spectrogram, shape (2 channels, columns, bins); silence is around the audio."""
    start = first * HOP_FRAMES - _LEAD_FRAMES
    end = (last - 1) * HOP_FRAMES - _LEAD_FRAMES + FFT_FRAMES
    audio = np.zeros((2, end - start), dtype=np.float32)
    low, high = max(0, start), min(mixture.shape[1], end)
    if high > low:
        audio[:, low - start : high - start] = mixture[:, low:high]
    windows = np.lib.stride_tricks.sliding_window_view(audio, FFT_FRAMES, axis=1)[:, ::HOP_FRAMES]
    return np.asarray(rfft(windows * _WINDOW, axis=-1), dtype=np.complex64)


def _add_columns(spectrogram: NDArray[np.complex64]) -> NDArray[np.float32]:
    """The audio of a spectrogram's columns, overlapped and added, shape (…, frames)."""
    pieces = np.asarray(irfft(spectrogram, n=FFT_FRAMES, axis=-1), dtype=np.float32) * (_WINDOW * _GAIN)
    *others, columns, _ = pieces.shape
    steps = FFT_FRAMES // HOP_FRAMES
    audio = np.zeros((*others, columns + steps - 1, HOP_FRAMES), dtype=np.float32)
    for step in range(steps):
        audio[..., step : step + columns, :] += pieces[..., step * HOP_FRAMES : (step + 1) * HOP_FRAMES]
    return audio.reshape(*others, -1)
