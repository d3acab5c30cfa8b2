"""The interface of every engine: what it is (`EngineInfo`), and `stream(request, cancel)`, which yields chunks.

The contract, which `tests/contract/test_engines_contract.py` asks of every installed engine:

- all audio in and out is float32, 48 kHz, stereo; other rates exist only inside;
- chunks of one output follow each other without gap or overlap; `progress` never falls and ends at 1;
- the same request gives the same output on the same device, to the bit, however it is batched or cancelled before;
- a set `cancel` ends the stream with `Cancelled` within one step, and nothing half-made is kept;
- bad input raises an `AuraxError` before any work; `close` frees all memory, and may be called twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from aurax.audio.waveform import SAMPLE_RATE, Samples, Waveform
from aurax.engines.licence import Licence
from aurax.engines.requests import Kind, Request
from aurax.engines.weights.source import WeightsSource
from aurax.errors import BadEngineOutput, Cancelled

Condition = Literal[
    "text", "negative_text", "duration", "seed", "continuation", "melody", "bpm", "key", "reference", "vocals",
]  # fmt: skip
"""What an engine's output can depend on besides its input audio; `vocals`: it sings where the text asks for it."""

Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["auto", "fp64", "fp32", "bf16", "int8"]


class EngineInfo(BaseModel):
    """What an engine is, known without loading it."""

    model_config = ConfigDict(frozen=True)

    name: str
    """Unique, such as `musicgen-small`."""
    title: str
    kind: Kind
    licence: Licence
    """Of the weights."""
    sample_rate: int
    """The model's own, inside."""
    channels: int
    """The model's own, inside."""
    longest_s: float = Field(gt=0)
    """Longest output, or input where it makes none of its own."""
    streams: bool
    """Whether audio comes out before all of it is made."""
    conditions: frozenset[Condition]
    outputs: tuple[str, ...] = ()
    """Names of the outputs where they are fixed: the sources of a separator, `master`."""
    aliases: tuple[str, ...] = ()
    """Other names it answers to, such as `musicgen`."""
    extra: str | None = None
    """The extra that must be installed (`neural`); none where the base install suffices."""
    needs_weights: bool = True
    """Whether a folder of weights named after it must be in the weights folder."""


class Cancel(Protocol):
    """Something that can be asked whether to stop, such as a `threading.Event`."""

    def is_set(self) -> bool:
        """Whether to stop."""
        ...


@dataclass(frozen=True)
class Chunk:
    """A piece of the outputs.

    Args:
        audio: by output name, what continues that output; float32, shape (2, frames), 48 kHz. May be empty.
        progress: share of the work done, 0 to 1.
        measurements: by name; the last value of each counts.
    """

    audio: Mapping[str, Samples]
    progress: float
    measurements: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class EngineResult:
    """A stream, collected.

    Args:
        audio: whole outputs by name.
        measurements: by name.
    """

    audio: dict[str, Waveform]
    measurements: dict[str, float]


class Engine(Protocol):
    """A loaded engine."""

    @property
    def info(self) -> EngineInfo:
        """What it is."""
        ...

    def stream(self, request: Request, cancel: Cancel) -> Iterator[Chunk]:
        """Do the work, piece by piece.

        Args:
            request: of the engine's kind.
            cancel: asked at every step.

        Raises:
            InvalidOption: the request asks for what the engine cannot do.
            Cancelled: `cancel` was set.
            OutOfMemory: the device's memory does not suffice.
            BadEngineOutput: the model produced NaN or infinity.
        """
        ...

    def close(self) -> None:
        """Free all memory; calling it again does nothing."""
        ...


@dataclass(frozen=True)
class EngineContext:
    """Where and how to load an engine.

    Args:
        weights_dir: holds one folder of weights for each engine that needs one, named after it.
        device: `auto` takes a GPU where there is one.
        precision: of the weights; `auto` takes the best that is fast on the device.
        threads: of the CPU; None for all cores.
        cache_dir: for what is compiled once; the user's own cache folder when None.
    """

    weights_dir: Path
    device: Device = "auto"
    precision: Precision = "auto"
    threads: int | None = None
    cache_dir: Path | None = None

    def folder(self, engine: str) -> Path:
        """The folder of an engine's weights, whether it exists or not."""
        return self.weights_dir / engine


@dataclass(frozen=True)
class EngineSpec:
    """An installed engine: the line of an engine plug-in.

    Args:
        info: known without loading.
        load: loads it; heavy libraries are imported only here. Raises `MissingExtra`, `MissingWeights`,
            `BadCheckpoint`, `NoGpu` or `OutOfMemory`.
        weights: where its weights are published; None where they come along or nobody may fetch them.
    """

    info: EngineInfo
    load: Callable[[EngineContext], Engine]
    weights: WeightsSource | None = None


class Never:
    """A `Cancel` that is never set."""

    def is_set(self) -> bool:
        """False."""
        return False


def generate(
    engine: Engine,
    request: Request,
    cancel: Cancel | None = None,
    on_chunk: Callable[[Chunk], None] | None = None,
) -> EngineResult:
    """Collect a stream.

    Args:
        engine: a loaded engine.
        request: of its kind.
        cancel: set it to stop.
        on_chunk: sees every chunk as it comes.

    Raises:
        AuraxError: as `Engine.stream`.
    """
    stop = cancel or Never()

    def watched() -> Iterator[Chunk]:
        for chunk in engine.stream(request, stop):
            if stop.is_set():
                raise cancelled(engine.info.name)
            yield chunk

    return collect(engine.info.name, watched(), on_chunk)


def collect(engine: str, chunks: Iterable[Chunk], on_chunk: Callable[[Chunk], None] | None = None) -> EngineResult:
    """Join the chunks of a stream.

    Args:
        engine: its name, for messages.
        chunks: in order.
        on_chunk: sees every chunk as it comes.

    Raises:
        BadEngineOutput: some sample is not finite.
    """
    pieces: dict[str, list[Samples]] = {}
    measurements: dict[str, float] = {}
    for chunk in chunks:
        for name, samples in chunk.audio.items():
            require_finite(engine, samples)
            pieces.setdefault(name, []).append(samples)
        measurements.update(chunk.measurements)
        if on_chunk is not None:
            on_chunk(chunk)
    audio = {name: Waveform(np.concatenate(parts, axis=1), SAMPLE_RATE) for name, parts in pieces.items()}
    return EngineResult(audio, measurements)


def require_finite(engine: str, samples: Samples) -> None:
    """Refuse NaN and infinity.

    Raises:
        BadEngineOutput: some sample is not finite.
    """
    if not np.isfinite(samples).all():
        raise BadEngineOutput(
            f"finite audio from {engine}",
            f"{int(np.count_nonzero(~np.isfinite(samples)))} samples that are NaN or infinite",
            "try another seed or a higher precision (AURAX_PRECISION=fp32); if it stays, fetch the weights again",
        )


def cancelled(engine: str) -> Cancelled:
    """The error that ends a cancelled stream."""
    return Cancelled(f"{engine} to finish", "it was cancelled", "ask again")
