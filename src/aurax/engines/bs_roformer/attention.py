"""The transformer that runs along time and along bands: gated attention with rotary positions.

Modules are named and nested as in the published checkpoints, so that their weights load by name; `Identity` is
where those have a dropout, which does nothing after training.

Source: rotary positions, Su et al. 2021, arXiv:2104.09864; root-mean-square norm, Zhang and Sennrich 2019,
arXiv:1910.07467.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

_ROTARY_BASE = 10_000.0


class RmsNorm(nn.Module):
    """Scales features to a root mean square of 1, times learned gains.

    Args:
        width: of the features, in the last dimension.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(width))
        self._root = width**0.5

    def forward(self, features: Tensor) -> Tensor:
        """Normalized features, same shape."""
        normalized: Tensor = functional.normalize(features, dim=-1) * self._root * self.gamma
        return normalized


class Transformer(nn.Module):
    """Blocks of attention and feed-forward, each added to its input.

    Args:
        width: of the features.
        depth: how many blocks.
        heads: of the attention.
        head_width: features of each head.
    """

    def __init__(self, width: int, depth: int, heads: int, head_width: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.ModuleList([_Attention(width, heads, head_width), _FeedForward(width)]) for _ in range(depth)
        )

    def forward(self, features: Tensor) -> Tensor:
        """From (sequences, length, width) to the same shape."""
        for block in self.layers:
            assert isinstance(block, nn.ModuleList)
            attention, feed_forward = block
            features = features + attention(features)
            features = features + feed_forward(features)
        return features


class _Attention(nn.Module):
    def __init__(self, width: int, heads: int, head_width: int) -> None:
        super().__init__()
        self._heads = heads
        self._head_width = head_width
        self.norm = RmsNorm(width)
        self.to_qkv = nn.Linear(width, 3 * heads * head_width, bias=False)
        self.to_gates = nn.Linear(width, heads)
        self.to_out = nn.Sequential(nn.Linear(heads * head_width, width, bias=False), nn.Identity())

    def forward(self, features: Tensor) -> Tensor:
        sequences, length, _ = features.shape
        features = self.norm(features)
        split = self.to_qkv(features).view(sequences, length, 3, self._heads, self._head_width)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        cosines, sines = _rotation(
            length, self._head_width, features.device, torch.promote_types(query.dtype, torch.float32)
        )
        attended = functional.scaled_dot_product_attention(
            _rotate(query, cosines, sines), _rotate(key, cosines, sines), value
        )
        gates = self.to_gates(features).sigmoid().transpose(1, 2).unsqueeze(-1)
        mixed: Tensor = self.to_out((attended * gates).transpose(1, 2).reshape(sequences, length, -1))
        return mixed


class _FeedForward(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.net = nn.Sequential(
            RmsNorm(width),
            nn.Linear(width, 4 * width),
            nn.GELU(),
            nn.Identity(),
            nn.Linear(4 * width, width),
            nn.Identity(),
        )

    def forward(self, features: Tensor) -> Tensor:
        changed: Tensor = self.net(features)
        return changed


def _rotation(length: int, width: int, device: torch.device, precision: torch.dtype) -> tuple[Tensor, Tensor]:
    """Cosines and sines by which each pair of features turns at each place, shape (length, width / 2)."""
    speeds = _ROTARY_BASE ** (-torch.arange(0, width, 2, device=device, dtype=precision) / width)
    angles = torch.arange(length, device=device, dtype=precision)[:, None] * speeds
    return angles.cos(), angles.sin()


def _rotate(features: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """Turn neighbouring pairs of features, shape (…, length, width)."""
    even, odd = features[..., 0::2], features[..., 1::2]
    turned = torch.stack([even * cosines - odd * sines, odd * cosines + even * sines], dim=-1)
    return turned.flatten(-2).to(features.dtype)
