"""One layer of the language model: self-attention, cross-attention to the text, feed-forward."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from aurax.engines.engine import Precision
from aurax.engines.musicgen import cross
from aurax.engines.musicgen.config import MusicGenConfig
from aurax.engines.musicgen.linear import float_type, make_linear
from aurax.engines.musicgen.weights import Affine, LayerWeights

_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"gelu": functional.gelu, "relu": functional.relu}


class Norm:
    """Layer normalisation.

    Args:
        affine: gains and offsets, shape (hidden,).
        device: to keep them on.
        dtype: to keep them in.
    """

    def __init__(self, affine: Affine, device: torch.device, dtype: torch.dtype) -> None:
        self._weight, self._bias = affine.weight.to(device, dtype), affine.bias.to(device, dtype)

    def __call__(self, x: Tensor) -> Tensor:
        """Normalise the last dimension."""
        return functional.layer_norm(x, self._weight.shape, self._weight, self._bias)


class Layer:
    """One layer.

    Args:
        weights: of the layer.
        config: of the checkpoint.
        device: to compute on.
        precision: of the weights, settled.
    """

    def __init__(
        self, weights: LayerWeights, config: MusicGenConfig, device: torch.device, precision: Precision
    ) -> None:
        dtype = float_type(precision)
        self._heads = config.heads
        self._activation = _ACTIVATIONS[config.activation]
        self._norm, self._ffn_norm = Norm(weights.norm, device, dtype), Norm(weights.ffn_norm, device, dtype)
        self._qkv, self._out, self._ffn_in, self._ffn_out = (
            make_linear(part, precision, device) for part in (weights.qkv, weights.out, weights.ffn_in, weights.ffn_out)
        )
        self._cross_weights = None if weights.cross is None else cross.moved(weights.cross, device, dtype)
        self._cross_norm = None if weights.cross is None else Norm(weights.cross.norm, device, dtype)
        self._cross: cross.Cross | None = None

    @property
    def bytes(self) -> int:
        """Bytes of weights that one step reads."""
        matrices = (self._qkv, self._out, self._ffn_in, self._ffn_out)
        return sum(matrix.bytes for matrix in matrices) + (0 if self._cross is None else self._cross.bytes)

    def attend_to(self, text: Tensor) -> None:
        """Prepare cross-attention.

        Args:
            text: shape (tokens, hidden).
        """
        if self._cross_weights is not None:
            self._cross = cross.attend_to(self._cross_weights, text, self._heads)

    def __call__(
        self, x: Tensor, cache: Tensor, places: Tensor, length: int, mask: Tensor | None, *, conditional: int
    ) -> Tensor:
        """Run the layer.

        Args:
            x: shape (rows, positions, hidden).
            cache: keys and values, shape (2, rows, heads, room, width of a head); written at `places`.
            places: of the positions in the cache, shape (positions,).
            length: how much of the cache to look at.
            mask: true for what each position sees of it, shape (positions, length); None to see all of it.
            conditional: how many of the rows, from the first, attend to the text. For the others it is all zeros, and
                so is what attending to it would add.
        """
        x = x + self._out(self._attend(self._qkv(self._norm(x)), cache, places, length, mask))
        if self._cross is not None and self._cross_norm is not None:
            guided, unguided = x[:conditional], x[conditional:]
            x = torch.cat([guided + self._cross(self._cross_norm(guided)), unguided])
        return x + self._ffn_out(self._activation(self._ffn_in(self._ffn_norm(x))))

    def _attend(self, qkv: Tensor, cache: Tensor, places: Tensor, length: int, mask: Tensor | None) -> Tensor:
        rows, positions, _ = qkv.shape
        query, key, value = qkv.view(rows, positions, 3, self._heads, -1).permute(2, 0, 3, 1, 4)
        keys, values = cache
        keys.index_copy_(2, places, key)
        values.index_copy_(2, places, value)
        attended = functional.scaled_dot_product_attention(
            query, keys[:, :, :length], values[:, :, :length], attn_mask=mask
        )
        return attended.transpose(1, 2).flatten(2)
