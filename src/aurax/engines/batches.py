"""How precisely a torch model runs, and in how large batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from aurax.engines.engine import Precision
from aurax.engines.memory import free_cached, translated
from aurax.errors import OutOfMemory


def has_fast_bf16(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 matrices in hardware."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capability: Any = torch.cpu
    return bool(capability._is_avx512_bf16_supported() or capability._is_amx_tile_supported())


@contextmanager
def precision_of(precision: Precision, device: torch.device) -> Iterator[None]:
    """Run in bfloat16 what loses little by it, where that is asked for or fast.

    Args:
        precision: `auto` takes bfloat16 where the hardware multiplies it; `int8`, which is for language models, is
            taken for `auto`. `fp64` and `fp32` change nothing here.
        device: that the model is on.
    """
    wanted = precision == "bf16" or (precision in ("auto", "int8") and has_fast_bf16(device))
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=wanted):
        yield


def run_halving(engine: str, run: Callable[[Tensor], Tensor], batch: Tensor) -> Tensor:
    """Run a batch; where memory does not suffice, in halves, down to single ones.

    Args:
        engine: for the message.
        run: from a batch to its results, both along the first dimension.
        batch: what to run.

    Raises:
        OutOfMemory: not even one fits.
    """
    try:
        with translated(engine):
            return run(batch)
    except OutOfMemory:
        if batch.shape[0] == 1:
            raise
    free_cached()  # again, because the error's stack frames kept the failed batch's memory alive
    middle = (batch.shape[0] + 1) // 2
    return torch.cat([run_halving(engine, run, batch[:middle]), run_halving(engine, run, batch[middle:])])
