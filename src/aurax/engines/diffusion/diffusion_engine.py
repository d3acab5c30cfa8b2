"""A diffusion pipeline behind the interface of all engines."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any

import numpy as np
import torch

from aurax.audio.waveform import SAMPLE_RATE, Samples
from aurax.engines.checking import check_request
from aurax.engines.diffusion.family import Family
from aurax.engines.engine import Cancel, Chunk, EngineInfo, cancelled, require_finite
from aurax.engines.memory import free_cached, translated
from aurax.engines.requests import GenerationRequest, Request
from aurax.engines.resampling import resample
from aurax.errors import InvalidOption


class DiffusionEngine:
    """Denoises one candidate after another; each comes whole, when it is done.

    Args:
        info: what it is; a checkpoint that plays shorter pieces lowers its limit.
        family: how its pipeline is called.
        pipeline: loaded.
    """

    def __init__(self, info: EngineInfo, family: Family, pipeline: Any) -> None:
        self.info = info.model_copy(update={"longest_s": min(info.longest_s, family.longest_s(pipeline))})
        self._family, self._pipeline = family, pipeline

    def stream(self, request: Request, cancel: Cancel) -> Iterator[Chunk]:
        """Every candidate in a chunk, and empty chunks that tell the progress between; see `Engine.stream`."""
        check_request(self.info, request)
        if not isinstance(request, GenerationRequest):
            raise InvalidOption("a request to generate", type(request).__name__, "use a GenerationRequest")
        if self._pipeline is None:
            raise InvalidOption(f"{self.info.name} to be loaded", "a closed engine", "load it again")
        count = len(request.seeds)
        for index, seed in enumerate(request.seeds):
            work = _Denoising(self, request, seed, cancel)
            try:
                for share in work.progress():
                    yield Chunk({}, (index + 0.99 * share) / count)
            finally:
                work.stop()
            yield Chunk({f"candidate-{index}": work.result()}, (index + 1) / count)

    def close(self) -> None:
        """Free the pipeline."""
        self._pipeline = None
        free_cached()

    @property
    def steps(self) -> int:
        """How many steps the candidate in the making takes; known once it has begun."""
        return len(self._pipeline.scheduler.timesteps)

    def denoise(self, request: GenerationRequest, seed: int, after_step: Any) -> Samples:
        """One candidate; float32, shape (2, frames), 48 kHz.

        Args:
            request: what is wanted.
            seed: of the noise.
            after_step: called after each step in the way of the pipeline's family.

        Raises:
            BadEngineOutput: NaN or infinity.
            OutOfMemory: the device's memory does not suffice.
        """
        generator = torch.Generator(device="cpu").manual_seed(seed)
        with translated(self.info.name), torch.inference_mode():
            audio = self._pipeline(
                **{**self._family.defaults(self._pipeline), **self._family.arguments(request)},
                **{self._family.steps_end: after_step},
                generator=generator,
                output_type="pt",
            ).audios[0]
        samples = audio.float().cpu().numpy().reshape(-1, audio.shape[-1])
        require_finite(self.info.name, samples)
        stereo = np.ascontiguousarray(np.repeat(samples, 2, axis=0) if len(samples) == 1 else samples[:2])
        frames = round(request.duration_s * SAMPLE_RATE)
        resampled = resample(stereo, self._pipeline.vae.config.sampling_rate, SAMPLE_RATE)[:, :frames]
        return np.pad(resampled, ((0, 0), (0, frames - resampled.shape[1]))).astype(np.float32)


class _Denoising:
    """One candidate in a thread, because a pipeline gives control back only when it is done."""

    def __init__(self, engine: DiffusionEngine, request: GenerationRequest, seed: int, cancel: Cancel) -> None:
        self._engine, self._request, self._seed, self._cancel = engine, request, seed, cancel
        self._shares: SimpleQueue[float | None] = SimpleQueue()
        self._stopped = threading.Event()
        self._samples: Samples | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=f"{engine.info.name} {seed}", daemon=True)
        self._thread.start()

    def progress(self) -> Iterator[float]:
        """Shares of the work done, as they come; ends when the thread has."""
        while (share := self._shares.get()) is not None:
            yield share

    def stop(self) -> None:
        """End the work at its next step and wait for that."""
        self._stopped.set()
        self._thread.join()

    def result(self) -> Samples:
        """What was made.

        Raises:
            Cancelled: the work was cancelled.
            AuraxError: as `DiffusionEngine.denoise`.
        """
        if self._error is not None:
            raise self._error
        assert self._samples is not None
        return self._samples

    def _run(self) -> None:
        try:
            self._require_wanted()
            self._samples = self._engine.denoise(self._request, self._seed, self._after_step)
            self._require_wanted()
        except BaseException as error:
            self._error = error
        finally:
            self._shares.put(None)

    def _after_step(self, *arguments: Any) -> dict[str, Any]:
        """Either kind of callback: (step, …), or (pipeline, step, timestep, tensors)."""
        step = next(one for one in arguments if isinstance(one, int))
        self._require_wanted()
        self._shares.put(min(1.0, (step + 1) / self._engine.steps))
        tensors = arguments[-1]
        return tensors if isinstance(tensors, dict) else {}

    def _require_wanted(self) -> None:
        if self._stopped.is_set() or self._cancel.is_set():
            raise cancelled(self._engine.info.name)
