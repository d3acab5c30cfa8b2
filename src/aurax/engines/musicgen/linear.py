"""Formats of weight matrices: floating point, or int8 with one scale for each output."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from aurax.engines.engine import Precision

_FLOATS = {"fp64": torch.float64, "fp32": torch.float32, "bf16": torch.bfloat16, "int8": torch.bfloat16}

_LEAST = 1e-30
"""Stands for the largest number of a row of zeros, whose scale would else be 0."""


class Linear(Protocol):
    """A matrix without bias."""

    @property
    def bytes(self) -> int:
        """Bytes that one product reads, whatever the number of rows."""
        ...

    def __call__(self, x: Tensor) -> Tensor:
        """Multiply: shape (…, inputs) to (…, outputs), in the precision of `x`."""
        ...


class Dense:
    """A matrix in floating point.

    Args:
        weight: shape (outputs, inputs).
        device: to keep it on.
        dtype: to keep it in.
    """

    def __init__(self, weight: Tensor, device: torch.device, dtype: torch.dtype) -> None:
        self._weight = weight.to(device, dtype).contiguous()

    @property
    def bytes(self) -> int:
        """Bytes of the matrix."""
        return self._weight.nbytes

    def __call__(self, x: Tensor) -> Tensor:
        """Multiply."""
        return functional.linear(x, self._weight)


class Int8:
    """A matrix of int8, symmetric, with one scale for each output; what it is multiplied with stays in bfloat16.

    The activations are not quantised: on the CPU that would be faster still, but with one scale for a whole batch
    each candidate would depend on the others.

    Args:
        weight: shape (outputs, inputs).
        device: to keep it on.
    """

    def __init__(self, weight: Tensor, device: torch.device) -> None:
        values, scales = quantise(weight)
        self._values = values.to(device)
        self._scales = scales.to(device, torch.bfloat16)

    @property
    def bytes(self) -> int:
        """Bytes of the matrix and its scales."""
        return self._values.nbytes + self._scales.nbytes

    def __call__(self, x: Tensor) -> Tensor:
        """Multiply."""
        rows = x.to(torch.bfloat16).reshape(-1, x.shape[-1])
        return torch._weight_int8pack_mm(rows, self._values, self._scales).view(*x.shape[:-1], -1).to(x.dtype)


def quantise(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Round a matrix to int8, the largest number of each output becoming ±127.

    Args:
        weight: shape (outputs, inputs).

    Returns:
        Int8 values of the same shape, and the float32 scale of each output.
    """
    weight = weight.float()
    scales = weight.abs().amax(dim=1).clamp_min(_LEAST) / 127.0
    # The kernels want the scales in bfloat16; rounding to the coarser scale leaves no error of its own.
    scales = scales.to(torch.bfloat16).float()
    values = (weight / scales[:, None]).round().clamp(-127, 127).to(torch.int8)
    return values.contiguous(), scales


def settle(precision: Precision, device: torch.device) -> Precision:
    """What `auto` stands for: bf16 on a GPU, whose memory is fast; int8 on a CPU, which nothing else lets keep up."""
    if precision != "auto":
        return precision
    return "bf16" if device.type == "cuda" else "int8"


def float_type(precision: Precision) -> torch.dtype:
    """The type of everything that is not a matrix of weights, `precision` being settled."""
    return _FLOATS[precision]


def make_linear(weight: Tensor, precision: Precision, device: torch.device) -> Linear:
    """A matrix in the format of a settled precision.

    Args:
        weight: shape (outputs, inputs).
        precision: of the weights.
        device: to keep it on.
    """
    if precision == "int8":
        return Int8(weight, device)
    return Dense(weight, device, float_type(precision))
