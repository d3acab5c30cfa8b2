"""Second-order sections as a convolution: overlap-save with the chain's own frequency response.

A recursive filter waits for its last output at every frame, and SciPy's holds the interpreter's lock meanwhile. A
Fourier transform does neither: one pass costs less than one recursive section, whatever the number of sections, and
other threads run. The impulse response is followed until it has fallen by 120 dB, so the result is that of the
recursion, without its rounding in float32.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft

from aurax.audio.waveform import Samples

_FORGOTTEN = 1e-6
"""Where an impulse response counts as over."""
_SHORTEST_REACH = 512
_LONGEST_REACH = 1 << 17
_USUAL_CHUNK = 3 << 14
"""Frames of a chunk for which the sizes are chosen."""
_SIDE_BY_SIDE = 4
"""Transforms that the processor computes at once; fewer take as long each as four together."""


class FastFilter:
    """A chain of second-order sections that remembers what went through.

    Args:
        sections: float64, shape (sections, 6), as SciPy writes them; stable.
        channels: of every chunk.
    """

    def __init__(self, sections: NDArray[np.float64], channels: int) -> None:
        self._reach = _reach_frames(sections)
        hop = 3 * self._reach
        if channels * _USUAL_CHUNK < _SIDE_BY_SIDE * hop:
            hop //= 2
        self._size = self._reach + hop
        self._response = _response(sections, self._size)
        self._before = np.zeros((channels, self._reach), np.float32)

    def forget(self) -> None:
        """Go on as if only silence had gone through so far."""
        self._before[:] = 0.0

    def run(self, chunk: Samples) -> Samples:
        """Filter the next chunk.

        Args:
            chunk: shape (channels, frames).

        Returns:
            A new array of the chunk's shape.
        """
        channels, frames = chunk.shape
        reach, hop = self._reach, self._size - self._reach
        blocks = max(1, -(-frames // hop))
        line = np.empty((channels, reach + blocks * hop), np.float32)
        line[:, :reach] = self._before
        line[:, reach : reach + frames] = chunk
        line[:, reach + frames :] = 0.0
        self._before = line[:, frames : frames + reach].copy()
        windows = np.lib.stride_tricks.sliding_window_view(line, self._size, axis=1)[:, ::hop]
        spectrum = rfft(windows, axis=-1)
        spectrum *= self._response
        # The first frames of each block miss what came before it; they belong to the block before.
        filtered = irfft(spectrum, n=self._size, axis=-1, overwrite_x=True)[..., reach:]
        return np.ascontiguousarray(filtered.reshape(channels, -1)[:, :frames])


def _reach_frames(sections: NDArray[np.float64]) -> int:
    """How long the impulse response lasts, rounded up to a power of two."""
    slowest = 0.0
    for section in sections:
        slowest = max(slowest, float(np.max(np.abs(np.roots(section[3:])), initial=0.0)))
    frames = math.log(_FORGOTTEN) / math.log(slowest) if 0.0 < slowest < 1.0 else 1.0
    return 1 << math.ceil(math.log2(min(_LONGEST_REACH, max(_SHORTEST_REACH, frames))))


def _response(sections: NDArray[np.float64], size: int) -> NDArray[np.complex64]:
    """Gain and phase at each bin of a transform."""
    z = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    gain = np.ones_like(z)
    for b0, b1, b2, a0, a1, a2 in sections:
        gain *= (b0 + z * (b1 + z * b2)) / (a0 + z * (a1 + z * a2))
    return np.asarray(gain, np.complex64)
