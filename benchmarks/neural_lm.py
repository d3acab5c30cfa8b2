"""MusicGen's language model: milliseconds a step by size and precision, against the memory's speed and transformers.

A step here is everything between one frame of codes and the next: the model for both halves of guidance, and drawing
the tokens. Variants that fit into memory together take turns, so that a slow moment of the machine meets all of them.
"""

from __future__ import annotations

import gc
import itertools
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
from transformers import MusicgenForConditionalGeneration, StoppingCriteria, StoppingCriteriaList

from aurax.engines.engine import EngineContext, Never, Precision
from aurax.engines.musicgen.conditions import Conditions
from aurax.engines.musicgen.config import MusicGenConfig
from aurax.engines.musicgen.decoder import StepBackend
from aurax.engines.musicgen.musicgen_engine import make_backend
from aurax.engines.musicgen.native.backend import NativeStep
from aurax.engines.musicgen.tokens import TokenDecoder
from aurax.engines.musicgen.weights import load_weights
from aurax.engines.requests import Sampling
from benchmarks.neural_checkpoints import SIZES, write_musicgen
from benchmarks.neural_device import lack_of_memory, read_bandwidth

REAL_TIME_MS = 20.0
"""A frame of codes is 1/50 s of music."""
_WORDS = 12
_LATE = 1440
"""A position near the end of 30 s."""
_FRAMES = {"cpu": {"small": 40, "medium": 12, "large": 8}, "cuda": dict.fromkeys(SIZES, 150)}
_ROUNDS = 3
_BATCHES = (1, 2, 4, 8)

Measure = Callable[[int], list[float]]
"""From a number of frames to milliseconds between one and the next."""


@dataclass
class Variant:
    """One way to run one size.

    Args:
        label: for the table.
        precision: of the weights.
        ours: whether it is AURA-X's.
        kept_bytes: memory that it takes.
        read_bytes: memory that the checkpoint takes besides while it is read.
        make: loads it.
    """

    label: str
    precision: str
    ours: bool
    kept_bytes: float
    read_bytes: float
    make: Callable[[], Running]
    times_ms: list[float] = field(default_factory=list)
    late_ms: float | None = None
    step_bytes: int = 0
    skipped: str | None = None

    @property
    def ms(self) -> float | None:
        """Median."""
        return statistics.median(self.times_ms) if self.times_ms else None


@dataclass(frozen=True)
class Running:
    """A loaded variant.

    Args:
        measure: runs it.
        late: milliseconds of a step near the end of 30 s; None where that cannot be asked.
        step_bytes: weights that a step reads; 0 where unknown.
        close: frees it.
    """

    measure: Measure
    late: Callable[[], float] | None
    step_bytes: Callable[[], int]
    close: Callable[[], None]


def measure_sizes(scratch: Path, device: torch.device, sizes: Sequence[str], quick: bool) -> list[dict[str, Any]]:
    """One row for each size and variant."""
    rows = []
    for size in sizes:
        folder = write_musicgen(scratch / f"musicgen-{size}", size)
        bandwidth = read_bandwidth(device)
        frames = _FRAMES[device.type][size] // (4 if quick else 1)
        config = MusicGenConfig.read(folder)
        count = sum(_sizes(config))
        groups = _groups(folder, scratch, config, device)
        for group in groups:
            bandwidth = max(bandwidth, _run_group(group, device, frames, 1 if quick else _ROUNDS))
        variants = [variant for group in groups for variant in group]
        rows += [_row(size, count, variant, variants, bandwidth) for variant in variants]
        print("\n".join(str(row) for row in rows[-len(variants) :]), flush=True)
        if device.type == "cpu" and size != "small":
            (folder / "model.safetensors").unlink()
    return rows


def measure_batches(scratch: Path, device: torch.device, size: str, quick: bool) -> list[dict[str, Any]]:
    """Several candidates at once, in the precision that `auto` takes."""
    folder = scratch / f"musicgen-{size}"
    if not (folder / "model.safetensors").exists():
        write_musicgen(folder, size)
    config = MusicGenConfig.read(folder)
    backend = make_backend(load_weights(folder, config), config, _context(scratch, "auto"), device)
    frames = _FRAMES[device.type][size] // (4 if quick else 1)
    times: dict[int, list[float]] = {candidates: [] for candidates in _BATCHES}
    for _ in range(1 if quick else _ROUNDS):
        for candidates in _BATCHES:
            times[candidates] += _times(backend, config, frames, candidates)
    backend.close()
    return [
        {
            "size": size,
            "candidates": candidates,
            "ms": round(statistics.median(taken), 2),
            "times_real_time": round(candidates * REAL_TIME_MS / statistics.median(taken), 2),
        }
        for candidates, taken in times.items()
    ]


def _groups(folder: Path, scratch: Path, config: MusicGenConfig, device: torch.device) -> list[list[Variant]]:
    """Variants that take turns."""
    matrices, cross = _sizes(config)
    whole = matrices + cross
    stored = {"int8": 1, "bf16": 2, "fp32": 4}

    def ours(precision: Precision) -> Variant:
        def make() -> Running:
            return _ours(
                make_backend(load_weights(folder, config), config, _context(scratch, precision), device), config
            )

        return Variant("AURA-X", precision, True, kept(stored[precision]), 2 * whole, make)

    def in_c() -> Variant:
        """What the engine leaves to torch, for comparison."""

        def make() -> Running:
            cache = scratch / "cache"
            return _ours(NativeStep(load_weights(folder, config), config, precision="fp32", cache_dir=cache), config)

        return Variant("AURA-X, in C", "fp32", True, kept(4), 2 * whole, make)

    def kept(width: int) -> float:
        return width * matrices + max(2, width) * cross

    def theirs(precision: Precision) -> Variant:
        make = partial(_theirs, folder, precision, device)
        return Variant("transformers", precision, False, stored[precision] * whole, 2 * whole, make)

    exact = [ours("fp32"), theirs("fp32")]
    if device.type == "cpu":
        exact.insert(1, in_c())
    return [[ours("int8"), ours("bf16"), theirs("bf16")], exact]


def _run_group(group: Sequence[Variant], device: torch.device, frames: int, rounds: int) -> float:
    """Run the variants, by turns where they fit into memory together; gives the best bandwidth seen meanwhile."""
    together = sum(variant.kept_bytes for variant in group) + max(variant.read_bytes for variant in group)
    if lack_of_memory(together, device) is None:
        return _take_turns(group, device, frames, rounds)
    best = 0.0
    for variant in group:
        variant.skipped = lack_of_memory(variant.kept_bytes + variant.read_bytes, device)
        if variant.skipped is None:
            best = max(best, _take_turns([variant], device, frames, rounds))
    return best


def _take_turns(group: Sequence[Variant], device: torch.device, frames: int, rounds: int) -> float:
    running = [(variant, variant.make()) for variant in group]
    best = 0.0
    for _ in range(rounds):
        best = max(best, read_bandwidth(device))
        for variant, loaded in running:
            variant.times_ms += loaded.measure(frames)
    for variant, loaded in running:
        _finish(variant, loaded)
    del running, loaded
    gc.collect()
    return best


def _finish(variant: Variant, loaded: Running) -> None:
    variant.step_bytes = loaded.step_bytes()
    variant.late_ms = None if loaded.late is None else loaded.late()
    loaded.close()


def _ours(backend: StepBackend, config: MusicGenConfig) -> Running:
    def late() -> float:
        backend.begin(_conditions(config), 1, _LATE + 20, True)
        tokens = torch.zeros(1, config.codebooks, dtype=torch.long)
        times = []
        for at in range(_LATE, _LATE + 16):
            started = time.perf_counter()
            backend.step(tokens, at).cpu()
            times.append(1e3 * (time.perf_counter() - started))
        return statistics.median(times[4:])

    return Running(
        lambda frames: _times(backend, config, frames, 1), late, lambda: backend.bytes_per_step, backend.close
    )


def _times(backend: StepBackend, config: MusicGenConfig, frames: int, candidates: int) -> list[float]:
    found = TokenDecoder(backend, config).frames(
        _conditions(config), frames=frames, seeds=tuple(range(candidates)), sampling=Sampling(), cancel=Never()
    )
    return _between([time.perf_counter() for _ in found])


def _theirs(folder: Path, precision: str, device: torch.device) -> Running:
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    model = MusicgenForConditionalGeneration.from_pretrained(folder, dtype=dtype, local_files_only=True)
    model = model.to(device).eval()
    words = torch.randint(3, 40, (1, _WORDS), device=device)

    def measure(frames: int) -> list[float]:
        clock = _Clock()
        with torch.inference_mode():
            model.generate(
                input_ids=words,
                attention_mask=torch.ones_like(words),
                max_new_tokens=frames,
                do_sample=True,
                top_k=250,
                guidance_scale=3.0,
                stopping_criteria=StoppingCriteriaList([clock]),
            )
        return _between(clock.times)

    return Running(measure, None, lambda: 0, lambda: None)


class _Clock(StoppingCriteria):  # type: ignore[misc]
    """Never stops; notes when it is asked."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def __call__(self, input_ids: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
        if input_ids.is_cuda:
            torch.cuda.synchronize()
        self.times.append(time.perf_counter())
        return torch.zeros(input_ids.shape[0], dtype=torch.bool, device=input_ids.device)


def _between(times: Sequence[float]) -> list[float]:
    """The first steps warm caches (and record graphs) and do not count."""
    differences = [1e3 * (later - earlier) for earlier, later in itertools.pairwise(times)]
    return differences[min(4, len(differences) // 2) :]


def _conditions(config: MusicGenConfig) -> Conditions:
    return Conditions(torch.randn(_WORDS, config.text_size))


def _context(scratch: Path, precision: Precision) -> EngineContext:
    return EngineContext(weights_dir=scratch, precision=precision, cache_dir=scratch / "cache")


def _sizes(config: MusicGenConfig) -> tuple[int, int]:
    """Numbers in the matrices that every step reads, and in those of cross-attention."""
    square = config.hidden_size**2
    layer = 4 * square + 2 * config.hidden_size * config.ffn_size
    heads = config.codebooks * config.vocabulary * config.hidden_size
    return config.layers * layer + heads, config.layers * 4 * square


def _row(size: str, count: int, variant: Variant, variants: Sequence[Variant], bandwidth: float) -> dict[str, Any]:
    row: dict[str, Any] = {
        "size": size,
        "parameters": count,
        "by": variant.label,
        "precision": variant.precision,
        "read_gb_s": round(bandwidth / 1e9, 1),
    }
    if variant.ms is None:
        return {**row, "skipped": variant.skipped}
    row |= {"ms": round(variant.ms, 2), "times_real_time": round(REAL_TIME_MS / variant.ms, 2)}
    if not variant.ours:
        return row
    floor_ms = 1e3 * variant.step_bytes / bandwidth
    theirs = {other.precision: other.ms for other in variants if not other.ours and other.ms is not None}
    row |= {"gb_a_step": round(variant.step_bytes / 1e9, 3), "share_of_floor": round(floor_ms / variant.ms, 3)}
    if variant.late_ms is not None:
        row["late_ms"] = round(variant.late_ms, 2)
    if variant.precision in theirs:
        row["ratio_same_precision"] = round(theirs[variant.precision] / variant.ms, 2)
    if theirs:
        row["ratio_best"] = round(min(theirs.values()) / variant.ms, 2)
    return row
