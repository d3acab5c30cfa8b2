"""Cross-attention to one text, prepared for all steps of a piece.

Scores are `x Wq (t Wk)ᵀ` and the output is `p (t Wv) Woᵀ`, where only `x` and the weights of attention `p` change from
step to step. For fewer tokens of text than a head has dimensions, `Wq (t Wk)ᵀ` and `(t Wv) Woᵀ` are smaller than `Wq`
and `Wo`, and take the place of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from aurax.engines.musicgen.native.layout import BLOCK, CacheStruct, Packed, StepPrecision, address, pack, rounded_up
from aurax.engines.musicgen.weights import CrossWeights


@dataclass(frozen=True)
class Cross:
    """One layer's.

    Args:
        query: from the residual to queries, or to scores.
        out: from attended values, or from weights of attention, to the residual.
        keys: float32, in blocks; None where they are part of `query`.
        values: float32; None where they are part of `out`.
    """

    query: Packed
    out: Packed
    keys: Tensor | None = None
    values: Tensor | None = None

    def cache(self) -> CacheStruct:
        """Pointers to keys and values; they hold as long as this object."""
        return CacheStruct(address(self.keys), address(self.values), None, None)


def folds(tokens: int, head_size: int) -> bool:
    """Whether the text is put into the matrices."""
    return tokens < head_size


def fold(weights: CrossWeights, text: Tensor, heads: int, precision: StepPrecision) -> Cross:
    """The text's keys and values put into the matrices.

    Args:
        weights: of one layer.
        text: float32, shape (tokens, hidden).
        heads: of attention.
        precision: of the step. Bytes would be too coarse for what has a text in it, and would save little.
    """
    tokens, hidden = text.shape
    keys, values = _by_head(text, weights.key, heads), _by_head(text, weights.value, heads)
    query = weights.query.float().view(heads, -1, hidden) * (hidden // heads) ** -0.5
    scores = torch.bmm(keys, query).reshape(heads * tokens, hidden)
    out = torch.bmm(values, weights.out.float().T.reshape(heads, -1, hidden)).reshape(heads * tokens, hidden).T
    stored: StepPrecision = "fp32" if precision == "fp32" else "bf16"
    return Cross(pack(scores, stored), pack(out, stored))


def attend(weights: CrossWeights, text: Tensor, heads: int, packed: tuple[Packed, Packed]) -> Cross:
    """The text's keys and values next to the matrices.

    Args:
        weights: of one layer.
        text: float32, shape (tokens, hidden).
        heads: of attention.
        packed: the matrices of queries (scaled) and of the output.
    """
    tokens, hidden = text.shape
    size = hidden // heads
    more = rounded_up(tokens, BLOCK) - tokens
    keys, values = _by_head(text, weights.key, heads), _by_head(text, weights.value, heads)
    blocks = functional.pad(keys, (0, 0, 0, more)).view(heads, -1, BLOCK, size).transpose(2, 3).contiguous()
    wide = functional.pad(values, (0, rounded_up(size, BLOCK) - size, 0, more)).contiguous()
    return Cross(*packed, keys=blocks, values=wide)


def _by_head(text: Tensor, weight: Tensor, heads: int) -> Tensor:
    return (text @ weight.float().T).view(len(text), heads, -1).transpose(0, 1)
