"""What the neural benchmarks run on: the GPU where there is one, else the CPU; its bandwidth and free memory."""

from __future__ import annotations

import gc
import os
import time
from pathlib import Path

import torch

_READ_BYTES = {"cpu": 1 << 30, "cuda": 8 << 30}
_MARGIN_BYTES = 2 << 30


def device_name(device: torch.device) -> str:
    """In words."""
    if device.type == "cuda":
        return f"{torch.cuda.get_device_name(device)}, torch {torch.__version__}"
    return f"CPU, {os.cpu_count()} threads, torch {torch.__version__}"


def read_bandwidth(device: torch.device, rounds: int = 5) -> float:
    """Bytes a second at which all cores together read memory: the best of some sums over far more than the caches."""
    values = torch.ones(_READ_BYTES[device.type] // 4, device=device)
    best_s = float("inf")
    for _ in range(rounds):
        synchronise(device)
        started = time.perf_counter()
        values.sum()
        synchronise(device)
        best_s = min(best_s, time.perf_counter() - started)
    return values.nbytes / best_s


def free_bytes(device: torch.device) -> int:
    """Memory that can be had now."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
        return int(torch.cuda.mem_get_info(device)[0])
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable")) * 1024


def lack_of_memory(needed_bytes: float, device: torch.device) -> str | None:
    """None where that much fits; else why not."""
    free = free_bytes(device)
    if free >= needed_bytes + _MARGIN_BYTES:
        return None
    return f"skipped: needs {needed_bytes / 1e9:.0f} GB, {free / 1e9:.0f} GB are free"


def synchronise(device: torch.device) -> None:
    """Wait for the GPU."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
