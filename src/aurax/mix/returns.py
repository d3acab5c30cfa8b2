"""The effects' returns: from what the strips sent to stems of their own.

Both returns are filtered to 6.5 kHz or less, so they are computed at half the sample rate, at half the cost. They run
block by block, so that a long song needs memory for the result alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from aurax.audio.loudness import integrated_lufs
from aurax.audio.waveform import Samples, Waveform
from aurax.mix.blocks import joined, resampled
from aurax.mix.control import to_gain
from aurax.mix.delay import echoes
from aurax.mix.reverb import impulse_response, reverberate
from aurax.score.production import ProductionProfile

_HIGHEST_GAIN_DB = 20.0


def reverb_return(
    bus: Iterable[Samples],
    frames: int,
    profile: ProductionProfile,
    target_lufs: float,
    loudest: slice,
    sample_rate: int,
) -> Samples:
    """The reverb of what was sent, at a loudness.

    Args:
        bus: stereo blocks of any lengths.
        frames: their length together.
        profile: decay and predelay.
        target_lufs: loudness of the return within `loudest`.
        loudest: frames of the loudest section, where the return is measured.
        sample_rate: in hertz.

    Returns:
        Shape (2, frames); silence if nothing was sent.
    """
    half = sample_rate // 2
    response = impulse_response(profile.reverb_s, profile.reverb_predelay_s, half)
    wet = reverberate(resampled(bus, sample_rate, half), (frames + 1) // 2, response)
    returned = joined(resampled(wet, half, sample_rate), frames)
    measured = integrated_lufs(Waveform(returned[:, loudest], sample_rate))
    if math.isinf(measured):
        measured = integrated_lufs(Waveform(returned, sample_rate))
    if math.isfinite(measured) and math.isfinite(target_lufs):
        returned *= np.float32(to_gain(min(_HIGHEST_GAIN_DB, target_lufs - measured)))
    return returned


def delay_return(bus: Iterable[Samples], frames: int, delay_s: float, feedback: float, sample_rate: int) -> Samples:
    """The echoes of what was sent, at the level at which it was sent.

    Args:
        bus: stereo blocks of any lengths.
        frames: their length together.
        delay_s: time between echoes.
        feedback: level of each echo against the one before.
        sample_rate: in hertz.
    """
    half = sample_rate // 2
    halved = resampled(bus, sample_rate, half)
    delay_frames = max(1, round(delay_s * half))
    wet = echoes(halved, (frames + 1) // 2, delay_frames, feedback, half)
    return joined(resampled(wet, half, sample_rate), frames)
