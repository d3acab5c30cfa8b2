"""Engines for tests of the runtimes: every sample says which seed and which frame it is, and trouble is on order."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from aurax.audio.waveform import SAMPLE_RATE, Samples
from aurax.engines.engine import Cancel, Chunk, Engine, EngineContext, EngineInfo, EngineSpec, cancelled
from aurax.engines.licence import Licence
from aurax.engines.requests import (
    DiscriminationRequest,
    GenerationRequest,
    Kind,
    MasteringRequest,
    Request,
    SeparationRequest,
)

CHUNKS = 4


@dataclass
class Clock:
    """Time that passes only when told to."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class FakeEngine:
    """Plays a ramp that starts at the seed."""

    info: EngineInfo
    before_chunk: Callable[[Request, int], None] = lambda request, index: None
    closed: int = 0
    calls: list[Request] = field(default_factory=list)
    streams_ended: int = 0

    def stream(self, request: Request, cancel: Cancel) -> Iterator[Chunk]:
        self.calls.append(request)
        try:
            for index in range(CHUNKS):
                if cancel.is_set():
                    raise cancelled(self.info.name)
                self.before_chunk(request, index)
                if cancel.is_set():
                    raise cancelled(self.info.name)
                yield Chunk(self._audio(request, index), (index + 1) / CHUNKS, self._measurements(request))
        finally:
            self.streams_ended += 1

    def close(self) -> None:
        self.closed += 1

    def _audio(self, request: Request, index: int) -> dict[str, Samples]:
        if isinstance(request, GenerationRequest):
            frames = round(request.duration_s * SAMPLE_RATE)
            return {f"candidate-{place}": part(ramp(seed, frames), index) for place, seed in enumerate(request.seeds)}
        if isinstance(request, SeparationRequest):
            half = part(request.mixture.samples, index) * np.float32(0.5)
            return {"vocals": half, "other": half}
        if isinstance(request, MasteringRequest):
            return {"master": part(request.mix.samples, index)}
        return {}

    def _measurements(self, request: Request) -> dict[str, float]:
        if isinstance(request, GenerationRequest):
            return {f"candidate-{place}/seed": float(seed) for place, seed in enumerate(request.seeds)}
        if isinstance(request, DiscriminationRequest):
            return {"quality": float(np.abs(request.audio.samples).max())}
        return {}


def ramp(seed: int, frames: int) -> Samples:
    """What the fake generator plays for a seed."""
    line = (np.arange(frames, dtype=np.float32) / np.float32(frames) + np.float32(seed)).astype(np.float32)
    return np.stack([line, -line])


def part(samples: Samples, index: int) -> Samples:
    """One of the equal pieces in which the fake engines answer."""
    edges = np.linspace(0, samples.shape[1], CHUNKS + 1).astype(int)
    return samples[:, edges[index] : edges[index + 1]]


def info(name: str, kind: Kind = "generator", **changes: object) -> EngineInfo:
    """A fake engine's description."""
    values: dict[str, object] = {
        "name": name,
        "title": name,
        "kind": kind,
        "licence": Licence(name="MIT", commercial=True),
        "sample_rate": SAMPLE_RATE,
        "channels": 2,
        "longest_s": 60.0,
        "streams": True,
        "conditions": frozenset({"text", "seed", "duration"}),
        "needs_weights": False,
    }
    return EngineInfo.model_validate(values | changes)


@dataclass
class Workshop:
    """Makes fake engines and remembers which were loaded."""

    engines: dict[str, EngineSpec] = field(default_factory=dict)
    loaded: list[FakeEngine] = field(default_factory=list)

    def add(
        self,
        described: EngineInfo,
        before_chunk: Callable[[Request, int], None] = lambda request, index: None,
        before_load: Callable[[], None] = lambda: None,
    ) -> None:
        """Install an engine."""

        def load(context: EngineContext) -> Engine:
            before_load()
            engine = FakeEngine(described, before_chunk)
            self.loaded.append(engine)
            return engine

        self.engines[described.name] = EngineSpec(described, load)

    def open(self) -> list[str]:
        """Names of the engines that are loaded and not closed."""
        return [engine.info.name for engine in self.loaded if not engine.closed]
