"""Long audio through a model that takes only a few seconds: overlapping segments, faded into each other.

Each segment's output is weighted with a triangle, and the sum is divided by the sum of the weights, so that where
segments overlap by less than half the transition is a straight line. Several passes over the same audio, each shifted
by a little, are averaged: what a model gets wrong depends on where its segments begin. Only the segments in progress
are held in memory; what no later segment touches is given out.

Source: the inference procedure of Demucs (Rouard, Massa, Défossez 2023, arXiv:2211.08553), which this equals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aurax.audio.waveform import Samples

Stems = NDArray[np.float32]
"""float32, shape (sources, channels, frames)."""

RunModel = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""From segments, shape (batch, channels, segment frames), to (batch, sources, channels, segment frames)."""


@dataclass(frozen=True, order=True)
class Segment:
    """One piece of work.

    Args:
        start: first frame that it gives; negative where a shifted pass begins before the audio.
        frames: how many it gives; fewer than the model's segment at the end of the audio.
        pass_index: which pass it belongs to.
    """

    start: int
    frames: int
    pass_index: int

    def window_start(self, segment_frames: int) -> int:
        """First frame that the model takes: a short segment is in the middle of its window."""
        return self.start - (segment_frames - self.frames) // 2


@dataclass(frozen=True)
class Plan:
    """How audio is cut.

    Args:
        frames: of the audio.
        segment_frames: that the model takes at once.
        stride_frames: from one segment to the next.
        leads: how many frames before the audio each pass begins; `(0,)` for one plain pass.
    """

    frames: int
    segment_frames: int
    stride_frames: int
    leads: tuple[int, ...] = (0,)

    def segments(self) -> list[Segment]:
        """Those of all passes, in the order of their starts."""
        return sorted(
            Segment(start, min(self.segment_frames, self.frames - start), index)
            for index, lead in enumerate(self.leads)
            for start in range(-lead, self.frames, self.stride_frames)
        )


def make_plan(frames: int, segment_frames: int, overlap: float, shifts: int, longest_shift: int, seed: int) -> Plan:
    """Cut audio into segments.

    Args:
        frames: of the audio.
        segment_frames: that the model takes at once.
        overlap: share of each segment that overlaps the next.
        shifts: how many shifted passes; 0 for one plain pass.
        longest_shift: in frames.
        seed: draws the shifts.
    """
    stride = max(1, int((1.0 - overlap) * segment_frames))
    if shifts == 0:
        return Plan(frames, segment_frames, stride)
    leads = np.random.default_rng(seed).integers(0, longest_shift, size=shifts, endpoint=True)
    return Plan(frames, segment_frames, stride, tuple(int(lead) for lead in leads))


def run_segments(audio: Samples, run: RunModel, plan: Plan, sources: int, batch: int) -> Iterator[tuple[Stems, float]]:
    """Take audio apart.

    Args:
        audio: shape (channels, frames).
        run: the model.
        plan: how the audio is cut.
        sources: how many the model gives.
        batch: how many segments it takes in one call.

    Yields:
        The next frames of every stem, possibly none, and the share of the work done; after each call of the model.
    """
    segments = plan.segments()
    weights = _triangle(plan.segment_frames)
    passes = [_OverlapAdd((sources, audio.shape[0]), -lead) for lead in plan.leads]
    given = done = 0
    for first in range(0, len(segments), batch):
        group = segments[first : first + batch]
        windows = np.stack([_cut(audio, one.window_start(plan.segment_frames), plan.segment_frames) for one in group])
        for segment, output in zip(group, run(windows), strict=True):
            skipped = segment.start - segment.window_start(plan.segment_frames)
            passes[segment.pass_index].add(
                segment.start, output[..., skipped : skipped + segment.frames], weights[: segment.frames]
            )
        done += len(group)
        final = max(given, segments[done].start) if done < len(segments) else plan.frames
        stems = np.zeros((sources, audio.shape[0], 0), dtype=np.float32)
        if final > given:
            stems = _mean([one.take(given, final) for one in passes])
            given = final
        yield stems, done / len(segments)


def _triangle(frames: int) -> NDArray[np.float32]:
    rising, falling = frames // 2, frames - frames // 2
    weights = np.concatenate([np.arange(1, rising + 1), np.arange(falling, 0, -1)]).astype(np.float32)
    return weights / np.float32(weights.max())


def _cut(audio: Samples, start: int, frames: int) -> Samples:
    """A window of the audio, with silence where it reaches beyond."""
    window = np.zeros((audio.shape[0], frames), dtype=np.float32)
    first, last = max(0, start), min(audio.shape[1], start + frames)
    window[:, first - start : last - start] = audio[:, first:last]
    return window


def _mean(passes: Sequence[Stems]) -> Stems:
    total = passes[0]
    for one in passes[1:]:
        total = total + one
    return total if len(passes) == 1 else total / np.float32(len(passes))


class _OverlapAdd:
    """The segments of one pass, summed; holds only frames that may still change or have not been taken."""

    def __init__(self, shape: tuple[int, int], start: int) -> None:
        self._start = start
        self._sum: Stems = np.zeros((*shape, 0), dtype=np.float32)
        self._weights = np.zeros(0, dtype=np.float32)

    def add(self, start: int, output: Stems, weights: NDArray[np.float32]) -> None:
        first = start - self._start
        missing = first + output.shape[-1] - self._sum.shape[-1]
        if missing > 0:
            self._sum = np.concatenate([self._sum, np.zeros((*self._sum.shape[:-1], missing), np.float32)], axis=-1)
            self._weights = np.concatenate([self._weights, np.zeros(missing, np.float32)])
        self._sum[..., first : first + output.shape[-1]] += weights * output
        self._weights[first : first + output.shape[-1]] += weights

    def take(self, start: int, end: int) -> Stems:
        first, last = start - self._start, end - self._start
        stems = self._sum[..., first:last] / self._weights[first:last]
        self._sum, self._weights, self._start = self._sum[..., last:].copy(), self._weights[last:].copy(), end
        return stems
