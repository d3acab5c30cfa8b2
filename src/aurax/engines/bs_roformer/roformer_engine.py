"""A BS-RoFormer as a model that takes segments."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from aurax.engines.batches import precision_of, run_halving
from aurax.engines.bs_roformer.config import RoformerConfig, read_config
from aurax.engines.bs_roformer.network import BsRoformer
from aurax.engines.checkpoints import fill_module, read_safetensors, refuse_pickle
from aurax.engines.engine import Engine, EngineContext, EngineInfo, Precision
from aurax.engines.memory import free_cached, pick_device
from aurax.engines.separation import ModelSeparator
from aurax.errors import BadCheckpoint

WEIGHTS_FILE = "model.safetensors"
CLASS = "BSRoformer"
_ROTARY = ".rotary_embed.freqs"
"""Constants that the published checkpoints also hold; they follow from the shape."""
_GPU_BATCH = 4


class RoformerModel:
    """One network; a `SegmentModel`.

    Args:
        engine: for messages.
        config: of the folder.
        network: with its weights, on the CPU.
        device: to run on.
        precision: `bf16` computes matrices in it; weights stay in float32 (`fp64`: float64).
    """

    normalizes = False

    def __init__(
        self, engine: str, config: RoformerConfig, network: BsRoformer, device: torch.device, precision: Precision
    ) -> None:
        self.sources = config.sources
        self.sample_rate = config.audio.sample_rate
        self.segment_frames = config.audio.chunk_size
        self.batch = _GPU_BATCH if device.type == "cuda" else 1
        self._engine = engine
        self._device = device
        self._precision: Precision = precision
        self._type = torch.float64 if precision == "fp64" else torch.float32
        self._network: BsRoformer | None = network.to(device, self._type)

    def run(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take segments apart; see `SegmentModel.run`."""
        assert self._network is not None
        with precision_of(self._precision, self._device):
            stems = run_halving(self._engine, self._network, torch.from_numpy(windows).to(self._device, self._type))
            return np.asarray(stems.float().cpu().numpy(), dtype=np.float32)

    def close(self) -> None:
        """Forget the network."""
        self._network = None
        free_cached()


def load_bs_roformer(info: EngineInfo, context: EngineContext) -> Engine:
    """Load a BS-RoFormer separator; see `EngineSpec.load`. Its folder says what it gives and under which licence."""
    folder = context.folder(info.name)
    config = read_config(info.name, folder)
    device = pick_device(context.device)
    if not (folder / WEIGHTS_FILE).is_file():
        for pickle in (*sorted(folder.glob("*.ckpt")), *sorted(folder.glob("*.pt*"))):
            refuse_pickle(pickle)
    checkpoint = read_safetensors(folder / WEIGHTS_FILE, engine=info.name)
    if checkpoint.metadata.get("class", CLASS) != CLASS:
        raise BadCheckpoint(
            f"a model of class {CLASS} for {info.name}",
            f"{checkpoint.metadata['class']!r} in the header of {WEIGHTS_FILE}",
            "fetch the weights that belong to this engine",
        )
    with torch.device("meta"):
        network = BsRoformer(config.model)
    weights = {name: value for name, value in checkpoint.tensors.items() if not name.endswith(_ROTARY)}
    fill_module(network, weights, engine=info.name, file=WEIGHTS_FILE)
    if context.threads is not None and device.type == "cpu":
        torch.set_num_threads(context.threads)
    known = info.model_copy(
        update={
            "outputs": config.outputs,
            "licence": config.weights_licence,
            "sample_rate": config.audio.sample_rate,
        }
    )
    return ModelSeparator(known, RoformerModel(info.name, config, network.eval(), device, context.precision))
