"""Between an engine's own rate and AURA-X's 48 kHz, whole or as a stream.

Both ways give the same samples and the same length: `round(frames · to_hz / from_hz)`, halves up. The resampler is
soxr's "HQ" recipe, linear phase, 20 bits.
"""

from __future__ import annotations

import numpy as np
import soxr

from aurax.audio.waveform import Samples

_QUALITY = "HQ"


def resampled_frames(frames: int, from_hz: int, to_hz: int) -> int:
    """How many frames come out of that many.

    Args:
        frames: that go in.
        from_hz: their rate.
        to_hz: rate of what comes out.
    """
    return (2 * frames * to_hz + from_hz) // (2 * from_hz)


def resample(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    """Convert whole audio to another rate.

    Args:
        samples: float32, shape (channels, frames).
        from_hz: its rate.
        to_hz: the rate wanted.

    Returns:
        float32, shape (channels, `resampled_frames`).
    """
    stream = StreamResampler(from_hz, to_hz, samples.shape[0])
    return np.concatenate([stream.push(samples), stream.flush()], axis=1)


class StreamResampler:
    """Convert audio that comes in pieces; the joined output equals that of `resample`.

    Args:
        from_hz: rate of what goes in.
        to_hz: rate of what comes out.
        channels: of both.
    """

    def __init__(self, from_hz: int, to_hz: int, channels: int) -> None:
        self._from_hz = from_hz
        self._to_hz = to_hz
        self._channels = channels
        self._stream = None if from_hz == to_hz else soxr.ResampleStream(from_hz, to_hz, channels, quality=_QUALITY)
        self._frames_in = 0
        self._frames_out = 0

    def push(self, samples: Samples) -> Samples:
        """Take the next piece.

        Args:
            samples: float32, shape (channels, frames); may be empty.

        Returns:
            What can be given out already, which is less than what went in by a few hundredths of a second.
        """
        self._frames_in += samples.shape[1]
        if self._stream is None or samples.shape[1] == 0:
            return np.array(samples, dtype=np.float32)
        converted = self._stream.resample_chunk(np.ascontiguousarray(samples.T, dtype=np.float32))
        self._frames_out += converted.shape[0]
        return np.ascontiguousarray(converted.T)

    def flush(self) -> Samples:
        """Give out the rest; nothing may be pushed afterwards."""
        if self._stream is None:
            return np.zeros((self._channels, 0), dtype=np.float32)
        rest = self._stream.resample_chunk(np.zeros((0, self._channels), dtype=np.float32), last=True)
        missing = resampled_frames(self._frames_in, self._from_hz, self._to_hz) - self._frames_out
        exact = np.zeros((self._channels, missing), dtype=np.float32)
        exact[:, : rest.shape[0]] = rest[:missing].T
        return exact
