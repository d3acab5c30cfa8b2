"""Sinusoidal positions, as MusicGen was trained with."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def sinusoids(positions: int, width: int) -> Tensor:
    """The vectors that are added to the embeddings.

    Computed in float32 whatever the model's precision, as in the model's first implementation; any length is possible.

    Args:
        positions: how many.
        width: of the residual stream, even.

    Returns:
        Float32, shape (positions, width): cosines, then sines.

    Source: the positional encoding of tensor2tensor.
    """
    half = width // 2
    rates = torch.exp(torch.arange(half).float() * -(math.log(10_000) / max(half - 1, 1)))
    angles = torch.arange(positions).float().unsqueeze(1) * rates.unsqueeze(0)
    return torch.cat([angles.cos(), angles.sin()], dim=1)
