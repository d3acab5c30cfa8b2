"""Mixing a loop: lanes, kicks and tape as they run through endless music, and how much of it has to be mixed."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from aurax.audio.circle import Circle
from aurax.mix.control import CONTROL_FRAMES, control_points
from aurax.score.plan import Plan
from aurax.score.production import ProductionProfile
from aurax.score.score import AutomationLane

_SETTLING_S = 4.0
"""Compressors with the longest release have forgotten their start by 7 decimals."""
_AFTER_S = 0.2
_ECHO_FLOOR = 1e-5
"""Echoes below −100 dB are over."""


def mix_circle(plan: Plan, profile: ProductionProfile, frames: int, sample_rate: int) -> Circle | None:
    """How much endless music is mixed for one round of a loop: all that still sounds or acts at its start.

    Args:
        plan: tempo, and whether it is a loop.
        profile: lengths of room and echoes.
        frames: of one round.
        sample_rate: in hertz.

    Returns:
        None for a song that ends.
    """
    if not plan.is_loop:
        return None
    feedback = min(0.9, max(0.0, profile.delay_feedback))
    echoes = 1 if feedback == 0.0 else math.ceil(math.log(_ECHO_FLOOR) / math.log(feedback)) + 1
    delay_s = echoes * profile.delay_beats * 60.0 / plan.tempo_bpm
    before_s = _SETTLING_S + max(profile.reverb_s + profile.reverb_predelay_s, delay_s)
    return Circle(frames, math.ceil(before_s * sample_rate), math.ceil(_AFTER_S * sample_rate))


def endless_lane(lane: AutomationLane, plan: Plan, circle: Circle) -> NDArray[np.float64]:
    """As `lane_values`, over a stretch of endless music; the last point leads to the first one of the next round."""
    round_ticks = plan.grid.bars_to_ticks(plan.bars)
    frames = np.arange(control_points(circle.whole_frames)) * CONTROL_FRAMES - circle.before
    ticks = np.mod(frames, circle.frames) * (round_ticks / circle.frames)
    first, last = lane.points[0], lane.points[-1]
    points = [(last[0] - round_ticks, last[1]), *lane.points, (first[0] + round_ticks, first[1])]
    places = np.array([tick for tick, _ in points], np.float64)
    values = np.array([value for _, value in points], np.float64)
    if lane.parameter.endswith("_hz"):
        return np.asarray(np.exp2(np.interp(ticks, places, np.log2(np.maximum(values, 1.0)))))
    return np.asarray(np.interp(ticks, places, values))


def endless_hits(hits: tuple[tuple[int, float], ...], circle: Circle) -> tuple[tuple[int, float], ...]:
    """Kicks as (frame, strength) of every round that reaches into the stretch."""
    rounds = range(-math.ceil(circle.before / circle.frames) - 1, math.ceil(circle.after / circle.frames) + 1)
    return tuple(
        sorted(
            {(circle.before + turn * circle.frames + frame, strength) for turn in rounds for frame, strength in hits}
        )
    )
