"""The neural engines at full size with random weights, on a GPU where there is one: MusicGen's steps, whole engines.

`python -m benchmarks neural [--only lm|engine|demucs …] [--sizes small …] [--quick]`. Only a whole run is written to
`results/`; a part is printed.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers.utils import logging

from aurax.engines.engine import Precision
from benchmarks import report
from benchmarks.neural_checkpoints import SIZES, write_demucs, write_musicgen
from benchmarks.neural_device import device_name, read_bandwidth
from benchmarks.neural_lm import measure_batches, measure_sizes
from benchmarks.neural_run import run_engine

PARTS = ("lm", "engine", "demucs")


def main(arguments: Sequence[str] = ()) -> None:
    """Measure, print, and write what was measured whole."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks neural")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--sizes", nargs="+", choices=tuple(SIZES), default=tuple(SIZES))
    parser.add_argument("--quick", action="store_true", help="fewer steps")
    options = parser.parse_args(list(arguments))
    started = time.perf_counter()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    values: dict[str, Any] = {
        "device": device_name(device),
        "gpu": device.type == "cuda",
        "read_gb_s": round(read_bandwidth(device) / 1e9, 1),
    }
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        if "lm" in options.only:
            values["steps"] = measure_sizes(scratch, device, options.sizes, options.quick)
            size = options.sizes[-1 if device.type == "cuda" else 0]
            values["batches"] = measure_batches(scratch, device, size, options.quick)
        if "engine" in options.only:
            values["engines"] = _engines(scratch, device, options.quick)
        if "demucs" in options.only:
            values["demucs"] = _demucs(scratch, device, options.quick)
    values["took_s"] = round(time.perf_counter() - started)
    tables = _tables(values)
    if set(options.only) == set(PARTS) and set(options.sizes) == set(SIZES) and not options.quick:
        report.write("neural", values, tables)
    else:
        print("\n\n".join(tables))


def _engines(scratch: Path, device: torch.device, quick: bool) -> list[dict[str, Any]]:
    """From the prompt to audio, each engine in a process of its own that loads a checkpoint from disk."""
    on_gpu = device.type == "cuda"
    sizes = ("small", "large") if on_gpu else ("small",)
    rows = []
    for size in sizes:
        if not (scratch / f"musicgen-{size}" / "model.safetensors").exists():
            write_musicgen(scratch / f"musicgen-{size}", size)
        common = {"weights": scratch, "cache": scratch / "cache", "device": device.type}
        runs: list[tuple[Precision, float, int]] = [("bf16", 10.0, 3), ("bf16", 30.0, 1)]
        if not on_gpu:
            runs = [("int8", 10.0, 3), ("int8", 30.0, 1), ("bf16", 10.0, 1)]
        for precision, seconds, times in [(runs[0][0], 3.0, 1)] if quick else runs:
            name = f"musicgen-{size}"
            measured = run_engine(engine=name, precision=precision, seconds=seconds, times=times, **common)
            rows.append({"engine": name, "precision": precision, **measured})
        for precision in ("bf16", "fp32")[: 1 if quick else 2]:
            measured = run_engine(
                engine="transformers",
                checkpoint=f"musicgen-{size}",
                precision=precision,
                seconds=10.0 if on_gpu else 1.0 if quick else 3.0,
                **common,
            )
            rows.append({"engine": f"transformers, {size}", "precision": precision, **measured})
    return rows


def _demucs(scratch: Path, device: torch.device, quick: bool) -> list[dict[str, Any]]:
    write_demucs(scratch / "htdemucs")
    seconds = 180.0 if device.type == "cuda" else 8.0 if quick else 30.0
    rows = []
    for precision in ("bf16", "fp32")[: 1 if quick else 2]:
        measured = run_engine(
            engine="htdemucs",
            weights=scratch,
            cache=scratch / "cache",
            device=device.type,
            precision=precision,
            seconds=seconds,
            times=3 if device.type == "cuda" else 1,
        )
        rows.append({"engine": "htdemucs", "precision": precision, **measured})
    return rows


def _tables(values: dict[str, Any]) -> list[str]:
    gpu = "on a GPU." if values["gpu"] else "on the CPU, because no GPU was present; nothing here says how fast one is."
    texts = [
        f"Run {gpu} Weights are random and of real size. Device: {values['device']}. All cores together read memory at "
        f"{values['read_gb_s']} GB/s; the floor of a step is the time in which its weights can be read at that speed."
    ]
    if "steps" in values:
        texts.append(_steps_table(values["steps"]))
    if "batches" in values:
        header = ("MusicGen, candidates decoded together", "ms a step", "× real time, all together")
        rows = [(f"{row['size']}, {row['candidates']}", row["ms"], row["times_real_time"]) for row in values["batches"]]
        texts.append(report.table(header, rows))
    for part in ("engines", "demucs"):
        if part in values:
            texts.append(_runs_table(values[part]))
    texts.append(report.table(("wanted", "measured", ""), _targets(values)))
    return texts


def _steps_table(rows: Sequence[dict[str, Any]]) -> str:
    header = (
        "MusicGen's language model",
        "by",
        "weights",
        "ms a step",
        "× real time",
        "GB a step",
        "of the floor's speed",
        "ms at 29 s",
        "× transformers, same weights",
        "× transformers' best",
    )
    cells = []
    for row in rows:
        if "ms" not in row:
            cells.append((row["size"], row["by"], row["precision"], row["skipped"], *[""] * 6))
            continue
        share = f"{100 * row['share_of_floor']:.0f} %" if "share_of_floor" in row else ""
        more = [row.get(name, "") for name in ("late_ms", "ratio_same_precision", "ratio_best")]
        values = (row["ms"], row["times_real_time"], row.get("gb_a_step", ""), share, *more)
        cells.append((row["size"], row["by"], row["precision"], *values))
    return report.table(header, cells)


def _runs_table(rows: Sequence[dict[str, Any]]) -> str:
    memory = "peak_gpu_memory_gb" if "peak_gpu_memory_gb" in rows[0] else "peak_memory_gb"
    header = (
        "engine, from request to audio",
        "weights",
        "audio",
        "first audio",
        "all",
        "× real time",
        "loading",
        "peak",
    )
    cells = [
        (
            row["engine"],
            row["precision"],
            f"{row['seconds']:g} s",
            f"{row['first_audio_s']:.2f} s",
            f"{row['total_s']:.2f} s",
            row["times_real_time"],
            f"{row['load_s']:.1f} s",
            f"{row[memory]} GB" + (" on the GPU" if memory != "peak_memory_gb" else ""),
        )
        for row in rows
    ]
    return report.table(header, cells)


def _targets(values: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What was wanted, what was found, and whether that suffices; what this machine cannot tell is left open."""
    steps = {(row["size"], row["by"], row["precision"]): row for row in values.get("steps", ())}
    engines = {(row["engine"], row["precision"], row["seconds"]): row for row in values.get("engines", ())}
    demucs = max((row["times_real_time"] for row in values.get("demucs", ())), default=None)
    small = steps.get(("small", "AURA-X", "int8"), {})
    large = steps.get(("large", "AURA-X", "bf16"), {})
    whole = engines.get(("musicgen-small", "int8", 10.0), {})
    large_whole = engines.get(("musicgen-large", "bf16", 10.0), {})
    on_cpu = [
        ("musicgen-small, int8, whole engine: faster than real time", whole.get("times_real_time"), 1.0, "×"),
        ("musicgen-small, int8, a step: ≥ 3 × transformers' best", small.get("ratio_best"), 3.0, "×"),
        ("musicgen-small, int8, first audio: < 0.5 s", whole.get("first_audio_s"), -0.5, "s"),
    ]
    on_gpu = [
        ("musicgen-large, a step: ≥ 5 × real time", large.get("times_real_time"), 5.0, "×"),
        ("musicgen-large, a step: ≥ 50 % of the floor's speed", large.get("share_of_floor"), 0.5, ""),
        ("musicgen-large, whole engine: ≥ 5 × real time", large_whole.get("times_real_time"), 5.0, "×"),
        ("Demucs: ≥ 20 × real time", demucs, 20.0, "×"),
    ]
    elsewhere, here = (on_cpu, on_gpu) if values["gpu"] else (on_gpu, on_cpu)
    rows = [(f"{wanted} ({'GPU' if values['gpu'] else 'CPU'})", *_judged(*found)) for wanted, *found in here]
    missing = "not measured: this was run on a GPU" if values["gpu"] else "not measured: no GPU was present"
    return rows + [(f"{wanted} ({'CPU' if values['gpu'] else 'GPU'})", missing, "open") for wanted, *_ in elsewhere]


def _judged(found: float | None, bound: float, unit: str) -> tuple[str, str]:
    """Against a least value, or, written as a negative number, a largest one."""
    if found is None:
        return "not measured in this run", "open"
    met = found < -bound if bound < 0 else found >= bound
    return f"{found:g} {unit}".strip(), "met" if met else "missed"


if __name__ == "__main__":
    main()
