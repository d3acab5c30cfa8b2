"""The port through which engines are called, in this process or on another machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from aurax.engines.engine import Cancel, Chunk, EngineInfo
from aurax.engines.requests import Request


class Usage(BaseModel):
    """What one call used, for the ledger."""

    model_config = ConfigDict(frozen=True)

    engine: str
    runtime: str
    """`local`, or the name of the installed host that ran it."""
    device: str
    """What it ran on: `cpu`, `cuda`, or the platform's name of the GPU, such as `A100-40GB`."""
    seconds: float
    """Time on the device, loading included when the call had to wait for it."""
    cold: bool
    """Whether the call had to load the engine, or start a container, first."""
    load_s: float = 0.0
    """How much of `seconds` went into that."""
    audio_s: float = 0.0
    """Length of the audio made or worked on."""


@dataclass(frozen=True)
class EngineCall:
    """One call.

    Args:
        engine: name or alias of the engine.
        request: of the engine's kind.
        timeout_s: the call fails with `EngineTimeout` after this long.
    """

    engine: str
    request: Request
    timeout_s: float = 900.0


class EngineRuntime(Protocol):
    """Where engines run, on whatever device.

    `LocalRuntime` runs them in this process. Others come from the registry of runtimes, one for each GPU host.
    """

    @property
    def name(self) -> str:
        """`local`, or the host's name in the registry of runtimes."""
        ...

    def info(self, engine: str) -> EngineInfo:
        """What an engine is.

        Raises:
            UnknownPlugin: no such engine.
        """
        ...

    def available(self, engine: str) -> str | None:
        """None where the engine can run now; else, in one sentence, what is missing (an extra, weights, a GPU)."""
        ...

    def stream(self, call: EngineCall, cancel: Cancel) -> Iterator[Chunk | Usage]:
        """Run an engine; chunks come as they are made, one `Usage` comes last. Blocking; call it in a thread.

        A call that fails after it used the device gives its `Usage` too, just before it raises. Chunks may be empty.

        Raises:
            AuraxError: typed as in `errors`: `OutOfMemory` when even single candidates do not fit, `Preempted`,
                `QuotaExceeded`, `EngineTimeout`, `VersionMismatch`, `NoGpu`, `MissingExtra`, `MissingWeights`,
                `BadCheckpoint`, `BadEngineOutput`, `Cancelled`, and those of the engine itself.
        """
        ...

    def close(self) -> None:
        """Free what is loaded here."""
        ...
