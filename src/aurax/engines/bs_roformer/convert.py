"""Published BS-RoFormer checkpoints (`.ckpt`) to safetensors, once, without running anything that they hold."""

from __future__ import annotations

from pathlib import Path

import torch

from aurax.engines.bs_roformer.roformer_engine import CLASS
from aurax.engines.checkpoints import write_safetensors
from aurax.errors import BadCheckpoint, MissingWeights

_WRAPPERS = ("state", "state_dict", "model_state_dict", "model")
"""Names under which training programs put the weights next to other things."""


def convert_bs_roformer(ckpt_path: Path, safetensors_path: Path) -> None:
    """Convert a checkpoint.

    torch reads it in the mode that builds tensors and plain values only.

    Args:
        ckpt_path: such as `model_bs_roformer_ep_317_sdr_12.9755.ckpt`.
        safetensors_path: such as `bs-roformer/model.safetensors`; appears complete or not at all.

    Raises:
        MissingWeights: there is no such file.
        BadCheckpoint: it is damaged, or holds anything but tensors.
    """
    if not ckpt_path.is_file():
        raise MissingWeights(f"a file {ckpt_path}", "none", "fetch it from where it was published")
    try:
        state = torch.load(ckpt_path, map_location="cpu", weights_only=True)
    except Exception as error:
        # torch raises many kinds: a zip that is cut off, an opcode or a class that is not allowed, a bad tensor.
        raise _bad(ckpt_path, f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}") from error
    for name in _WRAPPERS:
        if isinstance(state, dict) and isinstance(state.get(name), dict):
            state = state[name]
    if not isinstance(state, dict) or not state:
        raise _bad(ckpt_path, f"a {type(state).__name__}")
    if not all(isinstance(name, str) and isinstance(value, torch.Tensor) for name, value in state.items()):
        raise _bad(ckpt_path, "something that is no tensor")
    write_safetensors(safetensors_path, state, {"class": CLASS})


def _bad(path: Path, found: str) -> BadCheckpoint:
    return BadCheckpoint(f"named tensors in {path.name}", found, "fetch it again from where it was published")
