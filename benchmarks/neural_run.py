"""One engine in a process of its own, so that its memory can be told: `python -m benchmarks.neural_run '{…}'`.

Takes a JSON object (`engine`, `weights`, `cache`, `precision`, `device`, `seconds`) and prints one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from aurax.audio.waveform import SAMPLE_RATE, Waveform
from aurax.engines.engine import Engine, EngineContext, Never
from aurax.engines.engine_registry import find_engine, load_engines
from aurax.engines.requests import GenerationRequest, Request, SeparationRequest

_PROMPT = "warm lofi beat with a soft piano and deep bass"


def run_engine(**options: Any) -> dict[str, Any]:
    """Run an engine in a new process.

    Raises:
        RuntimeError: it failed; the message holds what it said.
    """
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.neural_run", json.dumps(options, default=str)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{options}: {done.stdout}{done.stderr}")
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def _main(options: dict[str, Any]) -> dict[str, Any]:
    if options["engine"] == "transformers":
        return _transformers(options)
    spec = find_engine(load_engines(), options["engine"])
    started = time.perf_counter()
    engine = spec.load(
        EngineContext(
            weights_dir=Path(options["weights"]),
            device=options["device"],
            precision=options["precision"],
            cache_dir=Path(options["cache"]),
        )
    )
    load_s = time.perf_counter() - started
    _stream(engine, _request(engine, options, min(2.0, options["seconds"])))
    timed = [_stream(engine, _request(engine, options, options["seconds"])) for _ in range(options.get("times", 1))]
    totals = sorted(total_s for _, total_s in timed)
    firsts = sorted(first_s for first_s, _ in timed)
    return {
        "load_s": round(load_s, 2),
        "first_audio_s": round(firsts[len(firsts) // 2], 3),
        "seconds": options["seconds"],
        "total_s": round(totals[len(totals) // 2], 2),
        "times_real_time": round(options["seconds"] / totals[len(totals) // 2], 2),
        **_peak(),
    }


def _request(engine: Engine, options: dict[str, Any], seconds: float) -> Request:
    if engine.info.kind == "generator":
        return GenerationRequest(_PROMPT, seconds, seeds=tuple(range(options.get("candidates", 1))))
    noise = np.random.default_rng(0).standard_normal((2, round(seconds * SAMPLE_RATE))).astype(np.float32)
    return SeparationRequest(Waveform(0.1 * noise, SAMPLE_RATE))


def _stream(engine: Engine, request: Request) -> tuple[float, float]:
    started = time.perf_counter()
    first_s = 0.0
    for chunk in engine.stream(request, Never()):
        if not first_s and any(samples.shape[1] for samples in chunk.audio.values()):
            first_s = time.perf_counter() - started
    return first_s, time.perf_counter() - started


def _transformers(options: dict[str, Any]) -> dict[str, Any]:
    from transformers import MusicgenForConditionalGeneration, MusicgenProcessor

    folder = Path(options["weights"]) / options["checkpoint"]
    dtype = torch.bfloat16 if options["precision"] == "bf16" else torch.float32
    device = "cuda" if torch.cuda.is_available() else "cpu"
    started = time.perf_counter()
    model = MusicgenForConditionalGeneration.from_pretrained(folder, dtype=dtype, local_files_only=True)
    model = model.to(device).eval()
    processor = MusicgenProcessor.from_pretrained(folder, local_files_only=True)
    load_s = time.perf_counter() - started
    inputs = processor(text=[_PROMPT], return_tensors="pt").to(device)

    def generate(seconds: float) -> float:
        started = time.perf_counter()
        with torch.inference_mode():
            model.generate(**inputs, max_new_tokens=round(50 * seconds) + 3, do_sample=True, guidance_scale=3.0).cpu()
        return time.perf_counter() - started

    generate(0.2)
    total_s = generate(options["seconds"])
    return {
        "load_s": round(load_s, 2),
        "first_audio_s": round(total_s, 3),
        "seconds": options["seconds"],
        "total_s": round(total_s, 2),
        "times_real_time": round(options["seconds"] / total_s, 2),
        **_peak(),
    }


def _peak() -> dict[str, float]:
    # Not `getrusage`, whose peak a process inherits from the one that started it.
    lines = Path("/proc/self/status").read_text().splitlines()
    peak_kib = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    peak = {"peak_memory_gb": round(peak_kib * 1024 / 1e9, 2)}
    if torch.cuda.is_available():
        peak["peak_gpu_memory_gb"] = round(torch.cuda.max_memory_allocated() / 1e9, 2)
    return peak


if __name__ == "__main__":
    print(json.dumps(_main(json.loads(sys.argv[1]))))
