"""Reverb: convolution with two decorrelated tails of shaped noise.

A noise tail has no metallic ring, costs one FFT convolution, and its filters (low cut, high cut, a shorter decay of
the highs) are part of the tail and therefore free. Both channels feed both tails a little, so that a mono stem comes
back wide and no stem comes back with a negative correlation.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from aurax.audio.waveform import Samples
from aurax.mix.blocks import in_blocks
from aurax.mix.filters import high_pass, low_pass
from aurax.score.seeds import generator

LOW_CUT_HZ = 250.0
HIGH_CUT_HZ = 6_500.0
_HIGHS_ABOVE_HZ = 2_500.0
_HIGHS_DECAY = 0.55
"""RT60 of the highs against that of the lows, as air and walls swallow them first."""
_ONSET_S = 0.012
_COMMON_SHARE = 0.3
_EARLY_MS = ((7.3, 0.5), (11.9, 0.42), (17.1, 0.38), (23.7, 0.3), (31.3, 0.24))
"""First reflections: (time, amplitude against the tail's start); the right channel gets them a little later."""


def impulse_response(rt60_s: float, predelay_s: float, sample_rate: int) -> Samples:
    """The room: float32, shape (2, frames), each channel with unit energy.

    Args:
        rt60_s: time in which the lows fall by 60 dB.
        predelay_s: silence before the first reflection.
        sample_rate: in hertz.
    """
    from scipy.signal import sosfilt  # takes more than a second; nothing before the first return needs it

    frames = max(1, round(rt60_s * sample_rate))
    seconds = np.arange(frames) / sample_rate
    noise = generator(0, "reverb tail").standard_normal((2, frames))
    highs = sosfilt(high_pass(_HIGHS_ABOVE_HZ, sample_rate), noise, axis=-1)
    decay = -3.0 * math.log(10.0) / rt60_s
    tail = (noise - highs) * np.exp(decay * seconds) + highs * np.exp(decay / _HIGHS_DECAY * seconds)
    tail *= np.minimum(1.0, seconds / _ONSET_S)
    for delay_ms, amplitude in _EARLY_MS:
        for channel, late in ((0, 1.0), (1, 1.13)):
            place = round(delay_ms * late * sample_rate / 1000.0)
            if place < frames:
                tail[channel, place] += amplitude * 12.0
    common = tail.mean(axis=0)
    tail = (1.0 - _COMMON_SHARE) * tail + _COMMON_SHARE * 2.0 * common
    tail = sosfilt(np.vstack([high_pass(LOW_CUT_HZ, sample_rate), low_pass(HIGH_CUT_HZ, sample_rate)]), tail, axis=-1)
    tail /= np.sqrt(np.sum(tail**2, axis=-1, keepdims=True))
    return np.pad(tail, ((0, 0), (round(predelay_s * sample_rate), 0))).astype(np.float32)


def reverberate(bus: Iterable[Samples], frames: int, response: Samples) -> Iterator[Samples]:
    """What the room answers to a stereo bus, block by block, cut at the bus's length.

    Overlap-add with the transform length of least work, as `scipy.signal.oaconvolve` does it at once and in memory.

    Args:
        bus: stereo blocks of any lengths.
        frames: their length together.
        response: from `impulse_response`.
    """
    size, step = _transform_frames(frames, response.shape[1])
    spectrum = rfft(response, size, axis=-1)
    ringing = np.zeros((2, size - step), np.float32)
    left = frames
    for block in in_blocks(bus, step):
        # Half of each side's opposite, so that a hard-panned sound still fills the room.
        crossed = block + np.float32(0.5) * block[::-1]
        wet = np.asarray(irfft(rfft(crossed, size, axis=-1) * spectrum, size, axis=-1), np.float32)
        wet[:, : size - step] += ringing
        yield wet[:, : min(step, left)]
        left -= step
        ringing = wet[:, step:]


def _transform_frames(frames: int, taps: int) -> tuple[int, int]:
    """Length of the transforms, and how many frames of the bus go into each."""
    from scipy.special import lambertw

    whole = next_fast_len(frames + taps - 1, True), frames
    if taps == 1 or taps >= frames / 2:
        return whole
    # Where N / (N − K) · log2(2N), the work of a frame with transforms of N that overlap by K, is least.
    overlap = taps - 1
    best = -overlap * lambertw(-1.0 / (2.0 * math.e * overlap), k=-1).real
    size = int(next_fast_len(math.ceil(best)))
    return whole if size >= frames else (size, size - overlap)
