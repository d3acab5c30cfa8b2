"""What an engine needs to run here and does not find, found out without loading it or importing anything heavy."""

from __future__ import annotations

import re
import shutil
import sys
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from aurax.engines.engine import EngineContext, EngineInfo

_GPU_FILES = (Path("/dev/nvidiactl"), Path("/dev/dxg"))
"""The driver's device files, on Linux and in Linux on Windows."""


def missing_requirement(info: EngineInfo, context: EngineContext) -> str | None:
    """None where the engine can run; else one sentence that says what is missing and how to get it.

    Args:
        info: of the engine.
        context: where it would be loaded.
    """
    missing = missing_packages(info.extra) if info.extra else ()
    if missing:
        what = ", ".join(missing)
        return f"{info.name} needs packages that are not installed ({what}): pip install 'aurax[{info.extra}]'"
    folder = context.folder(info.name)
    if info.needs_weights and not (folder.is_dir() and any(folder.iterdir())):
        what = f"{info.name} needs its weights in {folder}, where there are none"
        return f"{what}: run 'aurax fetch {info.name}', or put them there"
    if context.device == "cuda" and info.extra and not gpu_present():
        return f"{info.name} was to run on a GPU (AURAX_DEVICE=cuda), and there is none: unset AURAX_DEVICE"
    return None


def missing_packages(extra: str) -> tuple[str, ...]:
    """Those packages of an extra of AURA-X that are not installed.

    Args:
        extra: such as `neural`; one that AURA-X does not know (a plug-in's) misses nothing.
    """
    wanted = re.compile(rf"([A-Za-z0-9._-]+).*;\s*extra\s*==\s*['\"]{re.escape(extra)}['\"]")
    try:
        found = [wanted.match(line) for line in requires("aurax") or ()]
    except PackageNotFoundError:
        return ()
    return tuple(sorted(match[1] for match in found if match is not None and not _installed(match[1])))


def gpu_present() -> bool:
    """Whether this machine has a GPU that CUDA can use, as far as can be seen without loading CUDA."""
    torch = sys.modules.get("torch")
    if torch is not None:
        return bool(torch.cuda.is_available())
    return any(path.exists() for path in _GPU_FILES) or shutil.which("nvidia-smi") is not None


def _installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True
