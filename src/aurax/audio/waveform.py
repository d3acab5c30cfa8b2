"""Sound in memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 48_000
"""The rate of everything inside AURA-X, in hertz; other rates exist only at the edges."""

Samples = NDArray[np.float32]
"""float32, shape (channels, frames), full scale ±1.0."""


@dataclass(frozen=True, slots=True, eq=False)
class Waveform:
    """Audio in memory.

    Args:
        samples: float32, shape (channels, frames), full scale ±1.0.
        sample_rate: frames a second.

    Raises:
        ValueError: the samples are not float32 of two dimensions.
    """

    samples: Samples
    sample_rate: int = SAMPLE_RATE

    def __post_init__(self) -> None:
        if self.samples.ndim != 2 or self.samples.dtype != np.float32:
            raise ValueError(
                "expected float32 samples of shape (channels, frames); "
                f"found {self.samples.dtype} of shape {self.samples.shape}"
            )

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.samples.shape[0])

    @property
    def frames(self) -> int:
        """Number of samples in each channel."""
        return int(self.samples.shape[1])

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate
