"""Demucs' older `.th` files to safetensors, once, without running anything that they hold."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch

from aurax.engines.checkpoints import write_safetensors
from aurax.engines.demucs.header import CLASSES, write_header
from aurax.errors import BadCheckpoint, MissingWeights

_BLOCK_BYTES = 1 << 20


def convert_demucs(th_path: Path, safetensors_path: Path) -> None:
    """Convert one of Demucs' published `.th` files.

    torch reads it in the mode that builds tensors and plain values only; of classes, only the models of Demucs that
    AURA-X uses and Python's fractions are allowed, and neither is called with anything but numbers.

    Args:
        th_path: named like `955717e8-8726e21a.th`; what follows the dash is the start of its SHA-256.
        safetensors_path: such as `htdemucs/955717e8.safetensors`; appears complete or not at all.

    Raises:
        MissingWeights: there is no such file.
        BadCheckpoint: it is damaged, holds anything that is not allowed, or a quantized model.
    """
    if not th_path.is_file():
        raise MissingWeights(f"a file {th_path}", "none", "fetch it from where Demucs publishes its models")
    _require_checksum(th_path)
    try:
        with torch.serialization.safe_globals([*CLASSES.values(), Fraction]):
            package = torch.load(th_path, map_location="cpu", weights_only=True)
    except Exception as error:
        # torch raises many kinds: a zip that is cut off, an opcode or a class that is not allowed, a bad tensor.
        raise _bad(th_path, f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}") from error
    names = {made: name for name, made in CLASSES.items()}
    if not isinstance(package, dict) or not {"klass", "args", "kwargs", "state"} <= package.keys():
        raise _bad(th_path, "something else")
    state: Any = package["state"]
    if package["klass"] not in names:
        raise _bad(th_path, f"the class {package['klass']!r}")
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise _bad(th_path, "weights that are not all plain tensors (a quantized model?)")
    metadata = write_header(names[package["klass"]], package["args"], package["kwargs"])
    write_safetensors(safetensors_path, state, metadata)


def _require_checksum(path: Path) -> None:
    _, dash, expected = path.stem.rpartition("-")
    if not dash:
        return
    checksum = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            checksum.update(block)
    found = checksum.hexdigest()[: len(expected)]
    if found != expected:
        raise BadCheckpoint(f"{path.name} with a SHA-256 that starts so", f"one that starts {found}", "fetch it again")


def _bad(path: Path, found: str) -> BadCheckpoint:
    return BadCheckpoint(
        f"one of Demucs' published models ({', '.join(CLASSES)}) in {path.name}", found, "fetch it again from Demucs"
    )
