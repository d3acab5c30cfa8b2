"""Automation: the score's lanes as curves over the song, and filters whose cutoff moves without a click."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aurax.audio.waveform import Samples
from aurax.mix.control import CONTROL_FRAMES, Curve, control_points
from aurax.mix.filters import high_pass, low_pass
from aurax.score.score import AutomationLane, LaneParameter, Track
from aurax.score.time import TimeGrid

_FILTER_STEP_FRAMES = CONTROL_FRAMES * 4
_SMALLEST_STEP = 1.008
"""Cutoffs closer than this ratio are one cutoff: a long slow sweep needs no new filter every 4 ms."""
_OPEN_LOWPASS = 0.44
"""Highest low-pass cutoff as a share of the sample rate; there it is as good as open."""
_OPEN_HIGHPASS_HZ = 10.0
_BYPASS_LOWPASS_HZ = 19_000.0
_BYPASS_HIGHPASS_HZ = 20.5
"""From here on a filter changes nothing that is heard, and most of a song is spent there: it is left out."""
_BYPASS_FADE_FRAMES = 480


def find_lane(track: Track, parameter: LaneParameter) -> AutomationLane | None:
    """The track's lane of a parameter, if it has one with any points."""
    for lane in track.lanes:
        if lane.parameter == parameter and lane.points:
            return lane
    return None


def lane_values(lane: AutomationLane, grid: TimeGrid, frames: int, sample_rate: int) -> NDArray[np.float64]:
    """The lane's value at every 48th frame.

    Linear between points, in the logarithm for frequencies, flat outside. Two points on one tick make a jump,
    which the control rate turns into a ramp of 1 ms.
    """
    ticks = np.arange(control_points(frames)) * (CONTROL_FRAMES / (sample_rate * grid.seconds_per_tick))
    places = np.array([tick for tick, _ in lane.points], np.float64)
    values = np.array([value for _, value in lane.points], np.float64)
    if lane.parameter.endswith("_hz"):
        return np.asarray(np.exp2(np.interp(ticks, places, np.log2(np.maximum(values, 1.0)))))
    return np.asarray(np.interp(ticks, places, values))


def gain_values(decibels: NDArray[np.float64]) -> Curve:
    """Decibels as amplitude factors; −60 dB and below is silence."""
    gains = np.where(decibels <= -60.0, 0.0, np.power(10.0, decibels / 20.0))
    return gains.astype(np.float32)


class MovingFilter:
    """A stage that follows a cutoff lane: new coefficients every 4 ms, no click between.

    Args:
        kind: `lowpass_hz` or `highpass_hz`.
        cutoffs_hz: what `lane_values` returned.
        channels: 1 or 2.
        sample_rate: in hertz.
    """

    def __init__(self, kind: LaneParameter, cutoffs_hz: NDArray[np.float64], channels: int, sample_rate: int) -> None:
        self._design = low_pass if kind == "lowpass_hz" else high_pass
        self._cutoffs_hz = np.clip(cutoffs_hz, _OPEN_HIGHPASS_HZ, _OPEN_LOWPASS * sample_rate)
        self._sample_rate = sample_rate
        self._inputs = np.zeros((channels, 2))
        self._outputs = np.zeros((channels, 2))
        self._cutoff_hz = float(self._cutoffs_hz[0])
        self._open = (
            self._cutoffs_hz >= _BYPASS_LOWPASS_HZ if kind == "lowpass_hz" else cutoffs_hz <= _BYPASS_HIGHPASS_HZ
        )
        self._bypassed = bool(self._open[0])

    def __call__(self, chunk: Samples, start_frame: int, /) -> Samples:
        """Filter the next chunk, which starts at a multiple of 48 frames."""
        frames = chunk.shape[1]
        controls = slice(start_frame // CONTROL_FRAMES, -(-(start_frame + frames) // CONTROL_FRAMES))
        is_open = bool(self._open[controls].all())
        if is_open and self._bypassed:
            self._inputs = self._outputs = chunk[:, -2:].astype(np.float64)
            return chunk
        filtered = self._follow(chunk, start_frame)
        fade = np.linspace(0.0, 1.0, min(_BYPASS_FADE_FRAMES, frames), dtype=np.float32)
        if is_open:
            filtered[:, -len(fade) :] += fade * (chunk[:, -len(fade) :] - filtered[:, -len(fade) :])
        elif self._bypassed:
            filtered[:, : len(fade)] += fade[::-1] * (chunk[:, : len(fade)] - filtered[:, : len(fade)])
        self._bypassed = is_open
        return filtered

    def _follow(self, chunk: Samples, start_frame: int) -> Samples:
        frames = chunk.shape[1]
        starts = np.arange(0, frames, _FILTER_STEP_FRAMES)
        wanted = self._cutoffs_hz[(start_frame + starts) // CONTROL_FRAMES].tolist()
        filtered = np.empty_like(chunk)
        run_start = 0
        for start, cutoff_hz in zip(starts.tolist(), wanted, strict=True):
            if max(cutoff_hz, self._cutoff_hz) > _SMALLEST_STEP * min(cutoff_hz, self._cutoff_hz):
                self._run(chunk, filtered, run_start, start)
                run_start, self._cutoff_hz = start, cutoff_hz
        self._run(chunk, filtered, run_start, frames)
        return filtered

    def _run(self, chunk: Samples, filtered: Samples, start: int, stop: int) -> None:
        """Filter a stretch with one cutoff, continuing from the last two inputs and outputs.

        The filter's own state means something else under other coefficients and would click; inputs and outputs
        mean the same under all (Direct Form I), and the state follows from them.
        """
        from scipy.signal import sosfilt  # takes more than a second, and few songs need it at once

        if stop <= start:
            return
        sections = self._design(self._cutoff_hz, self._sample_rate)
        _, b1, b2, _, a1, a2 = sections[0]
        (x2, x1), (y2, y1) = self._inputs.T, self._outputs.T
        state = np.stack([b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2, b2 * x1 - a2 * y1], axis=1)[None]
        # In float64: rounded coefficients of a low cutoff would jump in gain from step to step.
        part = chunk[:, start:stop].astype(np.float64)
        result, _ = sosfilt(sections, part, zi=state)
        filtered[:, start:stop] = result
        self._inputs = np.concatenate([self._inputs, part[:, -2:]], axis=1)[:, -2:]
        self._outputs = np.concatenate([self._outputs, result[:, -2:]], axis=1)[:, -2:]
