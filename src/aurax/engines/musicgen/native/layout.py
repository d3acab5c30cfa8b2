"""The structures of `step.c`, and weights laid out as `matrix.h` says."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

StepPrecision = Literal["fp32", "bf16", "int8"]

FORMATS: dict[StepPrecision, int] = {"fp32": 0, "bf16": 1, "int8": 2}
DTYPES: dict[StepPrecision, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16, "int8": torch.int8}
TILE = 32
"""Outputs that are together in a matrix."""
ACTIVATIONS = {"gelu": 2, "relu": 3}
BLOCK = 64
"""What widths, and positions of the cache, are rounded up to."""


class MatrixStruct(ctypes.Structure):
    """`Matrix` of `matrix.h`."""

    _fields_ = (
        ("weights", ctypes.c_void_p),
        ("scales", ctypes.c_void_p),
        ("sums", ctypes.c_void_p),
        ("outputs", ctypes.c_int64),
        ("inputs", ctypes.c_int64),
        ("format", ctypes.c_int64),
    )


class CacheStruct(ctypes.Structure):
    """`Cache` of `step.c`."""

    _fields_ = (
        ("keys", ctypes.c_void_p),
        ("values", ctypes.c_void_p),
        ("key_scales", ctypes.c_void_p),
        ("value_scales", ctypes.c_void_p),
    )


class LayerStruct(ctypes.Structure):
    """`Layer` of `step.c`."""

    _fields_ = (
        *((name, MatrixStruct) for name in ("qkv", "out", "cross_in", "cross_out", "up", "down")),
        *((name, ctypes.c_void_p * 2) for name in ("self_norm", "cross_norm", "final_norm")),
        ("cache", CacheStruct),
        ("cross", CacheStruct),
    )


class ModelStruct(ctypes.Structure):
    """`Model` of `step.c`."""

    _fields_ = (
        *(
            (name, ctypes.c_int64)
            for name in ("layers", "hidden", "heads", "head_dim", "positions", "format", "text_tokens")
        ),
        *((name, ctypes.c_int64) for name in ("has_cross", "folded", "activation")),
        ("layer", ctypes.POINTER(LayerStruct)),
        ("logits", MatrixStruct),
        ("norm", ctypes.c_void_p * 2),
        *((name, ctypes.c_int64) for name in ("narrow", "wide", "inner")),
        *(
            (name, ctypes.c_void_p)
            for name in ("x", "normed", "queries", "attended", "fed", "scales", "scores", "codes")
        ),
    )


@dataclass(frozen=True)
class Packed:
    """A matrix as the step reads it.

    Args:
        weights: in tiles.
        scales: float32, of each output; None unless int8.
        sums: int32, of each output's codes; None unless int8.
        outputs: rounded up to whole tiles.
        inputs: rounded up where the format asks for it.
        precision: of the weights.
    """

    weights: Tensor
    scales: Tensor | None
    sums: Tensor | None
    outputs: int
    inputs: int
    precision: StepPrecision

    @property
    def nbytes(self) -> int:
        """What a step reads of it."""
        return sum(part.nbytes for part in (self.weights, self.scales, self.sums) if part is not None)

    def struct(self) -> MatrixStruct:
        """Pointers to it; they hold as long as this object."""
        return MatrixStruct(
            address(self.weights),
            address(self.scales),
            address(self.sums),
            self.outputs,
            self.inputs,
            FORMATS[self.precision],
        )


def pack(weight: Tensor, precision: StepPrecision) -> Packed:
    """Lay out a matrix.

    Args:
        weight: shape (outputs, inputs), any float type.
        precision: int8 has one scale for each output, with its largest weight at ±127.
    """
    outputs = rounded_up(weight.shape[0], TILE)
    inputs = rounded_up(weight.shape[1], 4)
    padded = functional.pad(weight.float(), (0, inputs - weight.shape[1], 0, outputs - weight.shape[0]))
    if precision != "int8":
        tiles = padded.to(DTYPES[precision]).view(-1, TILE, inputs).transpose(1, 2).contiguous()
        return Packed(tiles, None, None, outputs, inputs, precision)
    peaks = padded.abs().amax(dim=1)
    # A row of zeros has a scale of zero too, and any factor will do for it.
    codes = (padded * (127.0 / torch.where(peaks > 0, peaks, 1.0))[:, None]).round_().to(torch.int8)
    tiles = codes.view(-1, TILE, inputs // 4, 4).transpose(1, 2).contiguous()
    return Packed(tiles, peaks / 127.0, codes.sum(dim=1, dtype=torch.int32), outputs, inputs, precision)


def padded_norm(values: Tensor) -> Tensor:
    """A normalisation's weight or bias, rounded up with zeros."""
    return functional.pad(values.float(), (0, rounded_up(len(values), BLOCK) - len(values))).contiguous()


def address(tensor: Tensor | None) -> int | None:
    """Where its numbers are."""
    return None if tensor is None else tensor.data_ptr()


def rounded_up(count: int, to: int) -> int:
    """The least multiple that is not below `count`."""
    return -(-count // to) * to
