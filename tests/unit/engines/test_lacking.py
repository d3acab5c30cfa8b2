"""What an engine lacks to run here."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fake_engines import CHUNKS, Clock, Workshop, info, ramp

from aurax.audio.waveform import Samples, Waveform
from aurax.engines.engine import Cancel, Chunk, EngineContext, Never
from aurax.engines.local_runtime import LocalRuntime
from aurax.engines.requests import (
    DiscriminationRequest,
    GenerationRequest,
    MasteringRequest,
    Request,
    SeparationRequest,
)
from aurax.engines.runtime import EngineCall, Usage
from aurax.errors import (
    BadCheckpoint,
    BadEngineOutput,
    Cancelled,
    EngineTimeout,
    InvalidOption,
    OutOfMemory,
    UnknownPlugin,
)

SECOND = 48_000
NOISE = Waveform(np.random.default_rng(1).normal(0, 0.1, (2, 10_001)).astype(np.float32))


def runtime(workshop: Workshop, clock: Clock | None = None, keep: int = 2, device: str = "auto") -> LocalRuntime:
    context = EngineContext(Path("/nowhere"), device=device)  # type: ignore[arg-type]
    return LocalRuntime(context, workshop.engines, keep=keep, clock=clock or Clock())


def song(*seeds: int) -> GenerationRequest:


def test_available_says_what_is_lacking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workshop = Workshop()
    workshop.add(info("plain"))
    workshop.add(info("heavy", needs_weights=True))
    workshop.add(info("gpu", extra="neural"))
    for package in ("torch", "demucs", "diffusers", "onnxruntime", "safetensors", "transformers"):
        monkeypatch.delitem(sys.modules, package, raising=False)
    monkeypatch.setattr("aurax.engines.lacking._installed", lambda package: True)
    monkeypatch.setattr("aurax.engines.lacking.gpu_present", lambda: False)
    local = LocalRuntime(EngineContext(tmp_path, device="cuda"), workshop.engines)
    assert local.available("plain") is None
    assert (
        local.available("heavy")
        == f"heavy needs its weights in {tmp_path / 'heavy'}, where there are none: put them there"
    )
    (tmp_path / "heavy").mkdir()
    assert local.available("heavy") is not None
    (tmp_path / "heavy" / "model.safetensors").write_bytes(b"x")
    assert local.available("heavy") is None
    assert "AURAX_DEVICE=cuda" in (local.available("gpu") or "")
    monkeypatch.setattr("aurax.engines.lacking._installed", lambda package: package != "torch")
    assert local.available("gpu") == "gpu needs packages that are not installed (torch): pip install 'aurax[neural]'"
    assert "torch" not in sys.modules
    with pytest.raises(UnknownPlugin):
        local.available("nobody")
