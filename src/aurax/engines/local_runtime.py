"""Engines in this process, on its CPU or GPU. The engines used last stay loaded."""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from aurax.audio.waveform import SAMPLE_RATE
from aurax.engines.checking import check_request
from aurax.engines.engine import (
    Cancel,
    Chunk,
    Engine,
    EngineContext,
    EngineInfo,
    EngineSpec,
    Never,
    cancelled,
    require_finite,
)
from aurax.engines.engine_registry import find_engine, load_engines
from aurax.engines.limit import Clock, Limit
from aurax.engines.requests import DiscriminationRequest, MasteringRequest, Request, SeparationRequest
from aurax.engines.requirements import missing_requirement
from aurax.engines.retrying import persist
from aurax.engines.runtime import EngineCall, Usage
from aurax.engines.runtime_registry import LOCAL
from aurax.errors import AuraxError, Cancelled, OutOfMemory

_POLL_S = 0.05
"""How often a call that waits for its engine looks whether it was cancelled."""


class LocalRuntime:
    """An `EngineRuntime` in this process; it may be used from several threads.

    An engine does one call at a time; others wait, and their time begins when it is their turn. The time that the
    reader of a stream takes between two chunks counts for nothing. A stream that is closed early frees its engine for
    the next call. A call that fails after it worked gives its `Usage` before its error.

    Args:
        context: where and how engines are loaded.
        engines: by name, as `load_engines` finds them, which is the default.
        keep: how many engines stay loaded; those used longest ago are closed first, but never in the middle of a call.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        context: EngineContext,
        engines: Mapping[str, EngineSpec] | None = None,
        *,
        keep: int = 2,
        clock: Clock = time.monotonic,
    ) -> None:
        self._context = context
        self._engines = load_engines() if engines is None else engines
        self._keep = keep
        self._clock = clock
        self._slots = {name: _Slot() for name in self._engines}
        self._order: list[str] = []
        self._guard = threading.Lock()

    @property
    def name(self) -> str:
        """`local`."""
        return LOCAL

    def info(self, engine: str) -> EngineInfo:
        """What an engine is.

        Raises:
            UnknownPlugin: no such engine.
        """
        return find_engine(self._engines, engine).info

    def available(self, engine: str) -> str | None:
        """None where the engine can run now; else, in one sentence, what is missing (an extra, weights, a GPU)."""
        return missing_requirement(self.info(engine), self._context)

    def stream(self, call: EngineCall, cancel: Cancel) -> Iterator[Chunk | Usage]:
        """Run an engine; see `EngineRuntime.stream`.

        When memory does not suffice, engines that are not in use are closed first, then the batch is halved.
        """
        spec = find_engine(self._engines, call.engine)
        check_request(spec.info, call.request)
        with self._slot_for(spec, cancel) as slot:
            limit = Limit(cancel, call.timeout_s, self._clock)
            yield from persist(
                spec.info.name,
                call.request,
                lambda request: self._attempt(spec, slot, request, limit),
                lambda error, _: 0.0 if isinstance(error, OutOfMemory) and self._close_idle() else None,
                time.sleep,
                cancel,
            )

    def prepare(self, engine: str) -> None:
        """Load an engine ahead of its first call.

        Args:
            engine: name or alias.

        Raises:
            AuraxError: as `EngineSpec.load`.
        """
        spec = find_engine(self._engines, engine)
        with self._slot_for(spec, Never()) as slot:
            self._load(spec, slot)

    def close(self) -> None:
        """Close every engine; one that is in use is closed when its call ends, as are engines loaded hereafter."""
        self._keep = 0
        self._close_idle()

    def _attempt(self, spec: EngineSpec, slot: _Slot, request: Request, limit: Limit) -> Iterator[Chunk | Usage]:
        limit.start_try()
        cold = slot.engine is None
        load_s = 0.0
        made = _Made(request)
        problem: AuraxError | None = None
        try:
            with limit.running():
                engine = self._load(spec, slot)
            load_s = limit.try_s
            with closing(_closable(engine.stream(request, limit))) as chunks:
                while (chunk := _next(chunks, limit)) is not None:
                    limit.require_time(spec.info.name)
                    for samples in chunk.audio.values():
                        require_finite(spec.info.name, samples)
                    made.add(chunk)
                    yield chunk
        except Cancelled:
            problem = cancelled(spec.info.name) if limit.called_off else limit.too_late(spec.info.name)
        except AuraxError as error:
            problem = _without_frames(error)
        except Exception as error:
            problem = _out_of_memory(spec.info.name, error)
            if problem is None:
                raise
        yield Usage(
            engine=spec.info.name,
            runtime=self.name,
            device=_device(slot.engine, spec.info, self._context),
            seconds=limit.try_s,
            cold=cold,
            load_s=load_s,
            audio_s=made.audio_s,
        )
        if isinstance(problem, OutOfMemory):
            _tidy_memory()
        if problem is not None:
            raise problem

    def _load(self, spec: EngineSpec, slot: _Slot) -> Engine:
        if slot.engine is None:
            self._close_idle(leave=self._keep - 1)
            slot.engine = spec.load(self._context)
        return slot.engine

    @contextmanager
    def _slot_for(self, spec: EngineSpec, cancel: Cancel) -> Iterator[_Slot]:
        name = spec.info.name
        slot = self._slots[name]
        while not slot.lock.acquire(timeout=_POLL_S):
            if cancel.is_set():
                raise cancelled(name)
        try:
            if cancel.is_set():
                raise cancelled(name)
            with self._guard:
                self._order = [*(other for other in self._order if other != name), name]
            yield slot
        finally:
            slot.lock.release()
            self._close_idle(leave=self._keep)

    def _close_idle(self, leave: int = 0) -> bool:
        """Close engines that no call uses, those used longest ago first, until so many are loaded."""
        closed = False
        with self._guard:
            loaded = [name for name in self._order if self._slots[name].engine is not None]
            for name in loaded[: max(0, len(loaded) - max(0, leave))]:
                slot = self._slots[name]
                if not slot.lock.acquire(blocking=False):
                    continue
                try:
                    if slot.engine is not None:
                        slot.engine.close()
                        slot.engine = None
                        closed = True
                finally:
                    slot.lock.release()
        if closed:
            _tidy_memory()
        return closed


@dataclass
class _Slot:
    """One engine's place: held by the call that uses it."""

    engine: Engine | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class _Made:
    """Counts the audio made, or takes the length of the audio worked on."""

    def __init__(self, request: Request) -> None:
        self._given_s: float | None = None
        if isinstance(request, SeparationRequest):
            self._given_s = request.mixture.duration_s
        elif isinstance(request, DiscriminationRequest):
            self._given_s = request.audio.duration_s
        elif isinstance(request, MasteringRequest):
            self._given_s = request.mix.duration_s
        self._frames = 0

    def add(self, chunk: Chunk) -> None:
        self._frames += sum(samples.shape[1] for samples in chunk.audio.values())

    @property
    def audio_s(self) -> float:
        return self._frames / SAMPLE_RATE if self._given_s is None else self._given_s


def _next(chunks: Iterator[Chunk], limit: Limit) -> Chunk | None:
    with limit.running():
        return next(chunks, None)


def _closable(chunks: Iterator[Chunk]) -> Generator[Chunk]:
    yield from chunks


def _device(engine: Engine | None, info: EngineInfo, context: EngineContext) -> str:
    device = getattr(engine, "device", None)
    if device is not None:
        return str(device).partition(":")[0]
    if info.extra is None:
        return "cpu"
    if context.device != "auto":
        return context.device
    torch: Any = sys.modules.get("torch")
    return "cuda" if torch is not None and torch.cuda.is_available() else "cpu"


def _out_of_memory(engine: str, error: Exception) -> OutOfMemory | None:
    """The typed form of the errors by which Python and torch tell that memory is full; None for any other error."""
    text = str(error).lower()
    names = {kind.__name__ for kind in type(error).__mro__}
    if names & {"MemoryError", "OutOfMemoryError"} or "out of memory" in text or "can't allocate memory" in text:
        first_line = next(iter(str(error).splitlines()), "") or type(error).__name__
        return OutOfMemory(
            f"enough memory for {engine}", first_line, "ask for fewer candidates or less audio, or a smaller engine"
        )
    return None


def _without_frames(error: AuraxError) -> AuraxError:
    """The error without the stack frames, whose variables would keep the device's memory occupied."""
    one: BaseException | None = error
    while one is not None:
        one.__traceback__ = None
        one = one.__cause__ or one.__context__
    return error


def _tidy_memory() -> None:
    gc.collect()
    torch: Any = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
