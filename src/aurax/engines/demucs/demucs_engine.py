"""A bag of Demucs models as a model that takes segments."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aurax.engines.batches import precision_of, run_halving
from aurax.engines.demucs.bag import Member, read_bag
from aurax.engines.engine import Engine, EngineContext, EngineInfo, Precision
from aurax.engines.memory import free_cached, pick_device
from aurax.engines.separation import OTHER, ModelSeparator

_GPU_BATCH = 8


class DemucsModel:
    """The weighted mean of what the models of a bag estimate; a `SegmentModel`.

    Args:
        engine: for messages.
        members: at least one; all hear segments of the same length.
        device: to run on.
        precision: `bf16` computes convolutions and matrices in it; weights stay in float32 (`fp64`: float64).
    """

    normalizes = True

    def __init__(self, engine: str, members: list[Member], device: torch.device, precision: Precision) -> None:
        first = members[0].model
        self.sources: tuple[str, ...] = tuple(first.sources)
        self.sample_rate = int(first.samplerate)
        self.segment_frames = int(first.segment * first.samplerate)
        self.batch = _GPU_BATCH if device.type == "cuda" else 1
        self._engine = engine
        self._device = device
        self._precision: Precision = precision
        self._type = torch.float64 if precision == "fp64" else torch.float32
        self._models = [member.model.to(device, self._type) for member in members]
        weights = torch.tensor([member.weights for member in members], dtype=self._type, device=device)
        # A source for which nothing counts, because nobody wants it, comes out as silence rather than as 0/0.
        totals = weights.sum(dim=0)
        self._weights = weights / torch.where(totals > 0, totals, torch.ones_like(totals))

    def run(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take segments apart; see `SegmentModel.run`."""
        with precision_of(self._precision, self._device):
            stems = run_halving(self._engine, self._estimate, torch.from_numpy(windows).to(self._device, self._type))
            return np.asarray(stems.float().cpu().numpy(), dtype=np.float32)

    def close(self) -> None:
        """Forget the models."""
        self._models.clear()
        free_cached()

    def _estimate(self, windows: Tensor) -> Tensor:
        mean = torch.zeros((), dtype=self._type, device=self._device)
        for model, weights in zip(self._models, self._weights, strict=True):
            mean = mean + model(windows) * weights[:, None, None]
        return mean


def load_demucs(info: EngineInfo, context: EngineContext) -> Engine:
    """Load a Demucs separator; see `EngineSpec.load`."""
    device = pick_device(context.device)
    members = read_bag(info.name, context.folder(info.name), info.outputs, unused=OTHER)
    if context.threads is not None and device.type == "cpu":
        torch.set_num_threads(context.threads)
    return ModelSeparator(info, DemucsModel(info.name, members, device, context.precision))
