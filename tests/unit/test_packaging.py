"""What an install brings: a first song needs nothing heavy, and the neural extra nothing but one torch."""

import subprocess
import sys
from importlib.metadata import PackageNotFoundError, requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HEAVY = {
    "opentelemetry-sdk",
    "prometheus-client",
    "asyncpg",
    "torch",
    "transformers",
    "diffusers",
    "demucs",
    "onnxruntime",
    "mcp",
    "modal",
    "safetensors",
    "huggingface-hub",
}
UNWANTED = {"torchaudio", "torchvision", "torchao", "audiocraft", "laion-clap", "fadtk", "librosa", "numba"}


def brought(*extras: str) -> set[str]:
    """Every package that `pip install aurax[extras]` brings here, by the metadata of what is installed."""
    found: set[str] = set()
    waiting = [("aurax", frozenset(extras))]
    while waiting:
        package, wanted = waiting.pop()
        try:
            lines = requires(package) or []
        except PackageNotFoundError:
            continue  # for another platform
        for line in lines:
            needed = Requirement(line)
            name = canonicalize_name(needed.name)
            applies = any(
                needed.marker is None or needed.marker.evaluate({"extra": extra}) for extra in (wanted or {""})
            )
            if applies and name not in found:
                found.add(name)
                waiting.append((name, frozenset(needed.extras)))
    return found


def test_a_first_song_needs_nothing_heavy() -> None:
    assert brought() & HEAVY == set()
    assert {"numpy", "dawdreamer", "temporalio"} <= brought()


def test_the_neural_extra_brings_one_torch_and_no_torchaudio() -> None:
    packages = brought("neural")
    assert "torch" in packages
    assert packages & UNWANTED == set()
    assert {name for name in packages if name.startswith("torch")} == {"torch", "torchsde"}


@pytest.mark.parametrize("extra", ["modal"])
def test_calling_modal_needs_no_torch_here(extra: str) -> None:
    assert "modal" in brought(extra)
    assert "torch" not in brought(extra)


def test_commands_and_workers_load_no_extra_before_a_setting_asks_for_it() -> None:
    modules = "aurax.adapters.cli.main, aurax.adapters.local.pipeline, aurax.adapters.telemetry.serving, aurax.wiring"
    code = f"import sys, {modules}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"opentelemetry", "prometheus_client", "asyncpg", "torch", "modal", "mcp"}.isdisjoint(loaded)
