"""What an engine lacks to run here."""

import sys
from pathlib import Path

import pytest
from builders.fake_engines import Workshop, info

from aurax.engines.engine import EngineContext
from aurax.engines.local_runtime import LocalRuntime
from aurax.errors import UnknownPlugin


def test_available_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workshop = Workshop()
    workshop.add(info("plain"))
    workshop.add(info("heavy", needs_weights=True))
    workshop.add(info("gpu", extra="neural"))
    for package in ("torch", "demucs", "diffusers", "onnxruntime", "safetensors", "transformers"):
        monkeypatch.delitem(sys.modules, package, raising=False)
    monkeypatch.setattr("aurax.engines.requirements._installed", lambda package: True)
    monkeypatch.setattr("aurax.engines.requirements.gpu_present", lambda: False)
    local = LocalRuntime(EngineContext(tmp_path, device="cuda"), workshop.engines)
    assert local.available("plain") is None
    missing = local.available("heavy") or ""
    assert str(tmp_path / "heavy") in missing
    assert "aurax fetch heavy" in missing
    (tmp_path / "heavy").mkdir()
    assert local.available("heavy") is not None
    (tmp_path / "heavy" / "model.safetensors").write_bytes(b"x")
    assert local.available("heavy") is None
    assert "AURAX_DEVICE=cuda" in (local.available("gpu") or "")
    monkeypatch.setattr("aurax.engines.requirements._installed", lambda package: package != "torch")
    assert local.available("gpu") == "gpu needs packages that are not installed (torch): pip install 'aurax[neural]'"
    assert "torch" not in sys.modules
    with pytest.raises(UnknownPlugin):
        local.available("nobody")
