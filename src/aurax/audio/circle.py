"""Loops as circles: sound whose last frame goes on in its first.

What remembers (filters, compressors, rooms, limiters) is run over a loop as over a stretch of endless music: it warms
up on what came before the start, works on after the end, and one round is cut out. The ends of that round are blended
so that its last frame and its first are neighbours in what was processed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from aurax.audio.waveform import Samples, Waveform

_BLEND_S = 0.1
_LEAST_MEASURED_S = 12.0
_RAMP_S = 0.01
_ACROSS_S = 0.3
"""The gating blocks of 400 ms that begin in the last round reach this far into the next."""


@dataclass(frozen=True, slots=True)
class Circle:
    """A stretch of endless music around one round of a loop.

    Args:
        frames: of one round.
        before: frames ahead of the round.
        after: frames behind it; the round's ends are blended over at most these.
    """

    frames: int
    before: int
    after: int

    @property
    def whole_frames(self) -> int:
        """Length of the stretch."""
        return self.before + self.frames + self.after

    @property
    def round(self) -> slice:
        """Where the round is in the stretch."""
        return slice(self.before, self.before + self.frames)

    def unroll(self, samples: Samples) -> Samples:
        """A round as often as it fits, whole and in parts; shape (channels, `whole_frames`)."""
        return around(samples, -self.before, self.whole_frames)

    def cut(self, stretch: Samples, sample_rate: int) -> Samples:
        """The round out of a processed stretch, as a new array.

        Its first frames fade from what was processed after its end to what was processed at its start. Both are the
        same music, once with and once without the last round's exact state, so the fade is heard by nobody, and the
        seam is as smooth as any other place.
        """
        cut = stretch[:, self.round].copy()
        blend = min(round(_BLEND_S * sample_rate), self.after, self.frames)
        if blend > 0:
            following = stretch[:, self.round.stop : self.round.stop + blend]
            share = (np.arange(blend, dtype=np.float32) / np.float32(blend)).astype(np.float32)
            cut[:, :blend] = following + share * (cut[:, :blend] - following)
        return cut


def around(samples: Samples, start: int, frames: int) -> Samples:
    """Frames of an endlessly repeated round, as a new array.

    Args:
        samples: the round, shape (channels, frames).
        start: first frame, counted from the start of a round; may be negative.
        frames: length of the result.
    """
    length = samples.shape[1]
    result = np.empty((samples.shape[0], frames), samples.dtype)
    place, source = 0, start % length
    while place < frames:
        count = min(frames - place, length - source)
        result[:, place : place + count] = samples[:, source : source + count]
        place, source = place + count, 0
    return result


def repeated(loop: Waveform) -> Waveform:
    """A loop as it is measured: round after round for 12 s or more, and on for as long as a gating block reaches.

    Loudness and true peak of this are those of the loop played for ever, wherever its seam is. Both ends are ramps
    of 10 ms beyond that, because a wave that begins or stops at once has peaks that nobody hears in a loop.
    """
    rate = loop.sample_rate
    rounds = max(1, math.ceil(_LEAST_MEASURED_S * rate / loop.frames))
    ramp = round(_RAMP_S * rate)
    samples = around(loop.samples, -ramp, rounds * loop.frames + round(_ACROSS_S * rate) + 2 * ramp)
    rising = (0.5 - 0.5 * np.cos(np.pi * np.arange(ramp) / max(ramp, 1))).astype(np.float32)
    samples[:, :ramp] *= rising
    samples[:, samples.shape[1] - ramp :] *= rising[::-1]
    return Waveform(samples, rate)
