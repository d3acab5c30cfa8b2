"""Joints: audio laid out in segments of a source, with crossfades in which the power stays level.

Source of the crossfade: M. Fink, M. Holters and U. Zölzer, Signal-Matched Power-Complementary Cross-Fading and
Dry-Wet Mixing, DAFx 2016: two gains a and b over signals of correlation r keep a² + b² + 2·r·a·b = 1. For equal
signals that is a linear fade, for unrelated ones an equal-power fade.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aurax.audio.waveform import Samples
from aurax.mix.control import Curve

_LOWEST_CORRELATION = -0.2
"""Below, keeping the power level would make both signals swell."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the result that is copied from one place of the source.

    Args:
        start: first frame in the result.
        source: the source's frame that sounds there; may be outside the source, where silence is.
    """

    start: int
    source: int


def fade_gains(frames: int, correlation: float) -> tuple[Curve, Curve]:
    """Gains of the outgoing and the incoming signal over a crossfade.

    Args:
        frames: its length.
        correlation: of the two signals, −1 to 1.
    """
    ramp = (np.arange(frames, dtype=np.float64) + 0.5) / max(frames, 1)
    ramp = 0.5 - 0.5 * np.cos(np.pi * ramp)
    r = min(1.0, max(_LOWEST_CORRELATION, correlation))
    norm = np.sqrt(ramp**2 + (1.0 - ramp) ** 2 + 2.0 * r * ramp * (1.0 - ramp))
    return ((1.0 - ramp) / norm).astype(np.float32), (ramp / norm).astype(np.float32)


def similarity(first: Samples, second: Samples) -> float:
    """Correlation coefficient of two stretches of equal shape; 1 where both are silent."""
    power = float(np.vdot(first, first)) * float(np.vdot(second, second))
    return float(np.vdot(first, second)) / power**0.5 if power > 1e-16 else 1.0


def piece_of(source: Samples, start: int, frames: int) -> Samples:
    """Frames of a source; silence where there are none."""
    stop = start + frames
    inside = source[:, max(0, start) : max(0, stop)]
    if inside.shape[1] == frames:
        return inside
    before = min(frames, max(0, -start))
    return np.pad(inside, ((0, 0), (before, frames - before - inside.shape[1])))


def joint_correlations(mix: Samples, segments: Sequence[Segment], fade_frames: int, lead_frames: int) -> list[float]:
    """How alike the mix is on both sides of each joint; one value for each segment after the first.

    All stems fade with the mix's correlation, so that their sum is the mix's own crossfade.
    """
    found = []
    for before, after in itertools.pairwise(segments):
        start = after.start - lead_frames - fade_frames
        outgoing = piece_of(mix, before.source + start - before.start, fade_frames)
        found.append(similarity(outgoing, piece_of(mix, after.source + start - after.start, fade_frames)))
    return found


def join(
    source: Samples,
    segments: Sequence[Segment],
    frames: int,
    correlations: Sequence[float],
    fade_frames: int,
    lead_frames: int,
) -> Samples:
    """Lay segments one after the other.

    Args:
        source: shape (channels, frames).
        segments: in rising order of `start`; each lasts until the next one starts, the last until the end.
        frames: length of the result.
        correlations: of the two sides of each joint, from `joint_correlations`.
        fade_frames: length of each crossfade, at most the distance to the joint before.
        lead_frames: how long before its segment's start a crossfade is over, so that an attack there stays whole.
    """
    result = np.zeros((source.shape[0], frames), np.float32)
    for index, segment in enumerate(segments):
        stop = segments[index + 1].start - lead_frames if index + 1 < len(segments) else frames
        start = segment.start
        if index:
            room = segment.start - segments[index - 1].start - lead_frames
            length = max(0, min(fade_frames, room, segment.start - lead_frames))
            start = segment.start - lead_frames - length
            fade_out, fade_in = fade_gains(length, correlations[index - 1])
            fading = result[:, start : start + length]
            fading *= fade_out
            fading += piece_of(source, segment.source - lead_frames - length, length) * fade_in
            start += length
        stop = min(stop, frames)
        if stop > start:
            result[:, start:stop] = piece_of(source, segment.source + start - segment.start, stop - start)
    return result
