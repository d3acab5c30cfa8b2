"""The device an engine runs on, and what happens when its memory does not suffice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from aurax.engines.engine import Device
from aurax.errors import NoGpu, OutOfMemory

_SIGNS = ("DefaultCPUAllocator", "not enough memory", "CUDA error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED")
"""What a plain `RuntimeError` says where memory does not suffice: on the CPU, and in libraries on the GPU."""


def pick_device(device: Device) -> torch.device:
    """The device that is meant.

    Args:
        device: `auto` takes a GPU where there is one.

    Raises:
        NoGpu: a GPU was asked for where there is none.
    """
    if device == "cpu":
        return torch.device("cpu")
    if torch.cuda.is_available():
        return torch.device("cuda")
    if device == "cuda":
        raise NoGpu(
            "a CUDA GPU that torch can use",
            f"none (torch {torch.__version__})",
            "use AURAX_DEVICE=cpu, or install torch's CUDA build on a machine with a GPU",
        )
    return torch.device("cpu")


@contextmanager
def translated(engine: str) -> Iterator[None]:
    """Turn a lack of memory into `OutOfMemory`, and free what is cached so that a smaller batch may fit.

    Args:
        engine: for the message.

    Raises:
        OutOfMemory: the device's memory does not suffice.
    """
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        if not _lacks_memory(error):
            raise
        free_cached()
        raise OutOfMemory(
            f"memory enough for {engine}",
            str(error).strip().splitlines()[0] if str(error).strip() else "none left",
            "ask for less audio or fewer candidates at once, choose a smaller model, or a lower precision "
            "(AURAX_PRECISION=bf16 or int8)",
        ) from error


def free_cached() -> None:
    """Give back the GPU memory that torch holds but does not use."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _lacks_memory(error: BaseException) -> bool:
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return any(words in str(error) for words in _SIGNS)
