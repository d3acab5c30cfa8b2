"""A Modal runtime over the in-process double, for tests."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from aurax.adapters.modal.modal_runtime import CallSettings, ModalRuntime
from aurax.adapters.objects.store import ObjectStore
from aurax.audio.waveform import Samples
from aurax.engines.engine import Chunk, EngineContext, Never
from aurax.engines.local_runtime import LocalRuntime
from aurax.engines.requests import GenerationRequest, Request
from aurax.engines.runtime import EngineCall, Usage
from aurax.errors import (
    AuraxError,
)
from aurax.settings import Settings
from builders.modal_double import (
    InProcess,
)

from builders.fake_engines import Clock, Workshop, info  # isort: skip

SECOND = 48_000
QUICK = CallSettings(poll_s=0.01, grace_s=1.0)
LONG_S = 20.0
"""Far more than anything here takes; only a test that fails waits so long."""


class Leaping(Clock):
    """Each look is a second later, so that pauses and deadlines pass without waiting."""

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


class Bench:
    """A runtime over the double."""

    def __init__(self, folder: Path, workshop: Workshop | None = None) -> None:
        self.workshop = workshop or Workshop()
        if "ramp" not in self.workshop.engines:
            self.workshop.add(info("ramp", extra="neural"))
        self.settings = Settings.load(data_dir=folder)
        self.remote = InProcess(self.settings, self.workshop.engines)

    def runtime(
        self, call_settings: CallSettings = QUICK, clock: Clock | None = None, objects: ObjectStore | None = None
    ) -> ModalRuntime:
        local = LocalRuntime(EngineContext(self.settings.weights_dir), self.workshop.engines)
        return ModalRuntime(objects, local, remote=self.remote, call_settings=call_settings, clock=clock or Leaping())

    def play(self, request: Request, call_settings: CallSettings = QUICK, engine: str = "ramp") -> list[Chunk | Usage]:
        return list(self.runtime(call_settings).stream(EngineCall(engine, request), Never()))


def song(*seeds: int) -> GenerationRequest:
    return GenerationRequest("rain", 1.0, seeds or (3,))


def audio(items: list[Chunk | Usage]) -> dict[str, Samples]:
    chunks = [item for item in items if isinstance(item, Chunk)]
    names = sorted({name for chunk in chunks for name in chunk.audio})
    return {name: np.concatenate([c.audio[name] for c in chunks if name in c.audio], axis=1) for name in names}


def progress(items: list[Chunk | Usage]) -> list[float]:
    return [item.progress for item in items if isinstance(item, Chunk)]


def failing(stream: Iterator[Chunk | Usage], kind: type[AuraxError]) -> tuple[list[Chunk | Usage], AuraxError]:
    seen: list[Chunk | Usage] = []
    with pytest.raises(kind) as caught:
        seen.extend(stream)
    assert type(caught.value) is kind
    return seen, caught.value
