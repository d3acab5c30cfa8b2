"""A separator made of a model that takes segments: the mixture in at 48 kHz, stems out at 48 kHz that sum to it.

The model's own `other` is not used. `other` is what the named stems leave of the mixture, which is the model's `other`
plus everything that its stems do not add up to, and all that is above the model's own band. The stems therefore sum
to the mixture up to float rounding, below −120 dBFS.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from aurax.audio.waveform import SAMPLE_RATE, Samples
from aurax.engines.checking import check_request
from aurax.engines.engine import Cancel, Chunk, EngineInfo, cancelled, require_finite
from aurax.engines.requests import Request, SeparationRequest
from aurax.engines.resampling import StreamResampler, resampled_frames
from aurax.engines.segments import Stems, make_plan, run_segments
from aurax.errors import InvalidOption

OTHER = "other"
"""The stem that takes what all others leave."""

LONGEST_SEPARATED_S = 3600.0
"""Longest mixture, in seconds: stems are given out as they are finished, so only the mixture itself needs memory."""

_BLOCK_FRAMES = 1 << 20


class SegmentModel(Protocol):
    """A model that takes a few seconds apart."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of what it gives, in order."""
        ...

    @property
    def sample_rate(self) -> int:
        """Its own."""
        ...

    @property
    def segment_frames(self) -> int:
        """How many frames it takes at once."""
        ...

    @property
    def batch(self) -> int:
        """How many segments to give it at once."""
        ...

    @property
    def normalizes(self) -> bool:
        """Whether the whole mixture is brought to mean 0 and deviation 1 before, as in its training."""
        ...

    def run(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take segments apart.

        Args:
            windows: shape (batch, 2, segment frames).

        Returns:
            Shape (batch, sources, 2, segment frames).
        """
        ...

    def close(self) -> None:
        """Free all memory."""
        ...


class ModelSeparator:
    """A separator around a model.

    Args:
        info: what it is; its outputs are those of the model, and `other`.
        model: loaded.
    """

    def __init__(self, info: EngineInfo, model: SegmentModel) -> None:
        self.info = info
        self._model: SegmentModel | None = model

    def stream(self, request: Request, cancel: Cancel) -> Iterator[Chunk]:
        """Stems as they are finished, after each call of the model; see `Engine.stream`."""
        request = require_separation(self.info, request)
        model = self._model
        if model is None:
            raise InvalidOption(f"{self.info.name} to be open", "it was closed", "load it again")

        def run(windows: NDArray[np.float32]) -> NDArray[np.float32]:
            if cancel.is_set():
                raise cancelled(self.info.name)
            return model.run(windows)[:, [index for index, _ in named]]

        named = [(index, source) for index, source in enumerate(model.sources) if source != OTHER]
        mixture = request.mixture.samples
        audio = _at_rate(mixture, model.sample_rate)
        mean, deviation = _level(audio) if model.normalizes else (np.float32(0.0), np.float32(1.0))
        audio -= mean
        audio /= deviation
        plan = make_plan(
            audio.shape[1],
            model.segment_frames,
            request.overlap,
            request.shifts,
            longest_shift=model.sample_rate // 2,
            seed=request.seed,
        )
        finish = _Finish(self.info.outputs, [source for _, source in named], model.sample_rate, mixture)
        for stems, progress in run_segments(audio, run, plan, len(named), model.batch):
            require_finite(self.info.name, stems)
            stems *= deviation
            stems += mean
            yield Chunk(finish(stems, last=progress == 1.0), progress)

    def close(self) -> None:
        """Free the model."""
        if self._model is not None:
            self._model.close()
        self._model = None


def require_separation(info: EngineInfo, request: Request) -> SeparationRequest:
    """Check a request and tell that it is one to separate.

    Raises:
        InvalidOption: it is another, or out of the engine's limits.
        SilentAudio: there is no audio.
    """
    check_request(info, request)
    if not isinstance(request, SeparationRequest):
        raise InvalidOption("a request to separate", type(request).__name__, "use a SeparationRequest")
    return request


def with_the_rest(mixture: Samples, stems: Mapping[str, Samples]) -> dict[str, Samples]:
    """Stems, and `other` so that they sum to the mixture.

    Args:
        mixture: shape (2, frames).
        stems: by name, without `other`; each of the mixture's shape.
    """
    rest = mixture.astype(np.float64)
    for samples in stems.values():
        rest -= samples
    return {**stems, OTHER: rest.astype(np.float32)}


class _Finish:
    """Brings a model's stems to 48 kHz and lets them sum to the mixture."""

    def __init__(self, outputs: tuple[str, ...], named: list[str], rate_hz: int, mixture: Samples) -> None:
        self._outputs = outputs
        self._named = named
        self._converter = StreamResampler(rate_hz, SAMPLE_RATE, 2 * len(named))
        self._mixture = mixture
        self._given = 0

    def __call__(self, stems: Stems, *, last: bool) -> dict[str, Samples]:
        """The next frames of the named stems, shape (sources, 2, frames), to the next frames of all outputs."""
        rows = self._converter.push(stems.reshape(2 * len(self._named), -1))
        if last:
            rows = np.concatenate([rows, self._converter.flush()], axis=1)
        left = self._mixture.shape[1] - self._given
        frames = left if last else min(rows.shape[1], left)
        rows = np.pad(rows[:, :frames], ((0, 0), (0, max(0, frames - rows.shape[1]))))
        part = self._mixture[:, self._given : self._given + frames]
        self._given += frames
        named = {source: rows[2 * place : 2 * place + 2] for place, source in enumerate(self._named)}
        audio = with_the_rest(part, named)
        return {name: audio[name] for name in self._outputs}


def _at_rate(mixture: Samples, rate_hz: int) -> Samples:
    """The mixture at the model's rate, at least a frame of it; made block by block, so that it is held only once."""
    converter = StreamResampler(SAMPLE_RATE, rate_hz, mixture.shape[0])
    audio = np.zeros((mixture.shape[0], max(1, resampled_frames(mixture.shape[1], SAMPLE_RATE, rate_hz))), np.float32)
    done = 0
    for start in range(0, mixture.shape[1] + 1, _BLOCK_FRAMES):
        last = start + _BLOCK_FRAMES > mixture.shape[1]
        piece = converter.push(mixture[:, start : start + _BLOCK_FRAMES])
        for part in (piece, converter.flush()) if last else (piece,):
            audio[:, done : done + part.shape[1]] = part
            done += part.shape[1]
    return audio


def _level(audio: Samples) -> tuple[np.float32, np.float32]:
    """Mean and deviation of the mono mixture, as Demucs takes them."""
    frames = audio.shape[1]
    blocks = range(0, frames, _BLOCK_FRAMES)
    mono = (audio[:, start : start + _BLOCK_FRAMES].mean(axis=0, dtype=np.float64) for start in blocks)
    total = power = 0.0
    for block in mono:
        total += float(block.sum())
        power += float(block @ block)
    mean = total / frames
    deviation = math.sqrt(max(0.0, power - frames * mean**2) / max(1, frames - 1))
    return np.float32(mean), np.float32(deviation + 1e-8)
