"""Cross-attention to a text that stays the same for the whole piece, prepared once.

Keys and values never change. For a short text it is cheaper still to multiply them into the matrices around them:
scores = x (Wq Kᵀ) and out = p (V Wo) read 2 · heads · tokens · hidden numbers at a step instead of 2 · hidden².
Both are exact.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from aurax.engines.musicgen.weights import Affine, CrossWeights


class Cross(Protocol):
    """Cross-attention to one text."""

    @property
    def bytes(self) -> int:
        """Bytes that one step reads, whatever the number of rows."""
        ...

    def __call__(self, x: Tensor) -> Tensor:
        """Attend: normed states of shape (rows, positions, hidden) to what is added to them."""
        ...


class Kept:
    """Keys and values are kept.

    Args:
        weights: of the layer.
        text: shape (tokens, hidden).
        heads: of attention.
    """

    def __init__(self, weights: CrossWeights, text: Tensor, heads: int) -> None:
        self._weights = weights
        self._keys = _by_head(functional.linear(text, weights.key), heads)
        self._values = _by_head(functional.linear(text, weights.value), heads)

    @property
    def bytes(self) -> int:
        """Bytes that one step reads."""
        kept = (self._weights.query, self._weights.out, self._keys, self._values)
        return sum(int(part.nbytes) for part in kept)

    def __call__(self, x: Tensor) -> Tensor:
        """Attend."""
        rows, positions, hidden = x.shape
        query = functional.linear(x, self._weights.query).view(rows, positions, self._keys.shape[0], -1).transpose(1, 2)
        keys, values = (part.expand(rows, -1, -1, -1) for part in (self._keys, self._values))
        attended = functional.scaled_dot_product_attention(query, keys, values)
        return functional.linear(attended.transpose(1, 2).reshape(rows, positions, hidden), self._weights.out)


class Folded:
    """Keys are folded into the query's matrix, values into the output's.

    Args:
        weights: of the layer.
        text: shape (tokens, hidden).
        heads: of attention.
    """

    def __init__(self, weights: CrossWeights, text: Tensor, heads: int) -> None:
        tokens, hidden = text.shape
        exact = torch.promote_types(text.dtype, torch.float32)
        key, value, query, out = (part.to(exact) for part in (weights.key, weights.value, weights.query, weights.out))
        keys = _by_head(functional.linear(text.to(exact), key), heads)
        values = _by_head(functional.linear(text.to(exact), value), heads)
        scale = (hidden // heads) ** -0.5
        into_query = torch.bmm(keys, query.view(heads, -1, hidden)) * scale
        into_out = torch.bmm(values, out.T.reshape(heads, -1, hidden))
        self._heads, self._tokens = heads, tokens
        self._query = into_query.reshape(heads * tokens, hidden).to(text.dtype)
        self._out = into_out.reshape(heads * tokens, hidden).T.to(text.dtype).contiguous()

    @property
    def bytes(self) -> int:
        """Bytes that one step reads."""
        return int(self._query.nbytes + self._out.nbytes)

    def __call__(self, x: Tensor) -> Tensor:
        """Attend."""
        scores = functional.linear(x, self._query).view(*x.shape[:-1], self._heads, self._tokens)
        return functional.linear(scores.softmax(-1).flatten(-2), self._out)


def attend_to(weights: CrossWeights, text: Tensor, heads: int) -> Cross:
    """The cheaper of the two.

    Args:
        weights: of the layer, in the type of the text and on its device.
        text: shape (tokens, hidden).
        heads: of attention.
    """
    tokens, hidden = text.shape
    return (Folded if heads * tokens < hidden else Kept)(weights, text, heads)


def moved(weights: CrossWeights, device: torch.device, dtype: torch.dtype) -> CrossWeights:
    """The same weights elsewhere. They are never quantised: what is prepared from them is read, not they."""
    norm = Affine(weights.norm.weight.to(device, dtype), weights.norm.bias.to(device, dtype))
    matrices = (part.to(device, dtype) for part in (weights.query, weights.key, weights.value, weights.out))
    return CrossWeights(norm, *matrices)


def _by_head(states: Tensor, heads: int) -> Tensor:
    """Shape (tokens, hidden) to (heads, tokens, width of a head)."""
    return states.view(states.shape[0], heads, -1).transpose(0, 1)
