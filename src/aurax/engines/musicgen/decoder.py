"""The language model, one position at a time: the protocol of a backend, and the one that torch computes."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from aurax.engines.engine import Precision
from aurax.engines.musicgen.conditions import Conditions, Projections
from aurax.engines.musicgen.config import MusicGenConfig
from aurax.engines.musicgen.graphs import GraphedStep, bucket
from aurax.engines.musicgen.layer import Layer, Norm
from aurax.engines.musicgen.linear import float_type, make_linear, settle
from aurax.engines.musicgen.positions import sinusoids
from aurax.engines.musicgen.weights import DecoderWeights


class StepBackend(Protocol):
    """Computes the logits of one position after the other.

    Rows are candidates; when guided, the conditional rows of all candidates come first, then the unconditional ones.
    Positions count the columns of the delay pattern from 0. A melody model's prefix comes before position 0 and is the
    backend's own business: the vector added at `position` is that of `position + prefix length`.
    """

    @property
    def bytes_per_step(self) -> int:
        """Bytes of weights that one step reads."""
        ...

    def begin(self, conditions: Conditions, candidates: int, positions: int, guided: bool) -> None:
        """Start over: allocate the cache of keys and values, and compute once what stays the same at every step.

        Args:
            conditions: of all candidates.
            candidates: how many are decoded together.
            positions: most that will be stepped through.
            guided: whether the unconditional half is wanted, too.
        """
        ...

    def read(self, tokens: Tensor) -> None:
        """Take in known tokens at the positions from 0 on; no logits are wanted.

        Called at most once, after `begin` and before the first `step`, which then follows at the next position.

        Args:
            tokens: int64, shape (codebooks, positions) where all candidates share them, else (candidates, codebooks,
                positions).
        """
        ...

    def step(self, tokens: Tensor, position: int) -> Tensor:
        """Take in one column of tokens and say what may follow it.

        Args:
            tokens: int64, shape (candidates, codebooks), on the CPU.
            position: of the column; one more than at the last step.

        Returns:
            Logits of the column after it, float32 (float64 in fp64), shape (rows, codebooks, vocabulary); valid until
            the next step.
        """
        ...

    def close(self) -> None:
        """Free all memory; calling it again does nothing."""
        ...


class TorchStep:
    """The backend that torch computes, on a CPU or a GPU.

    Args:
        weights: of the checkpoint; not kept.
        config: of the same checkpoint.
        device: to compute on.
        precision: of the weights; `auto` as in `linear.settle`.
        buckets: whether attention looks at whole buckets of the cache; None for where it must, on a GPU.
    """

    def __init__(
        self,
        weights: DecoderWeights,
        config: MusicGenConfig,
        device: torch.device,
        precision: Precision = "auto",
        buckets: bool | None = None,
    ) -> None:
        self._config, self._device = config, device
        self._buckets = device.type == "cuda" if buckets is None else buckets
        precision = settle(precision, device)
        self._dtype = float_type(precision)
        self._projections = Projections.of(weights, config, device, self._dtype)
        self._embeddings = weights.embeddings.to(device, self._dtype)
        self._books = torch.arange(config.codebooks, device=device)
        self._layers = [Layer(layer, config, device, precision) for layer in weights.layers]
        self._norm = Norm(weights.norm, device, self._dtype)
        self._heads = make_linear(weights.heads, precision, device)
        self._cache = self._positions = torch.empty(0)
        self._graphs: GraphedStep | None = None
        self._prefix = 0

    @property
    def bytes_per_step(self) -> int:
        """Bytes of weights that one step reads."""
        return self._heads.bytes + sum(layer.bytes for layer in self._layers)

    @torch.inference_mode()
    def begin(self, conditions: Conditions, candidates: int, positions: int, guided: bool) -> None:
        """As in `StepBackend`."""
        config, halves = self._config, 2 if guided else 1
        self._cache = torch.empty(0)
        prefix = None
        if config.is_melody:
            prefix = self._projections.prefix(conditions, guided, self._device, self._dtype)
            self._prefix = prefix.shape[1]
        else:
            text = self._projections.text_states(conditions, self._device, self._dtype)
            for layer in self._layers:
                layer.attend_to(text)
        room = _rounded_up(self._prefix + positions)
        self._positions = sinusoids(room, config.hidden_size).to(self._device, self._dtype)
        # Zeros and not just memory: what the mask hides is multiplied by 0, and 0 × NaN is NaN.
        self._cache = torch.zeros(
            (config.layers, 2, halves, candidates, config.heads, room, config.head_size),
            device=self._device,
            dtype=self._dtype,
        )
        self._graphs = (
            GraphedStep(self._logits, candidates, config.codebooks, self._device)
            if self._buckets and self._device.type == "cuda"
            else None
        )
        if prefix is not None:
            self._take_in(prefix, 0)

    @torch.inference_mode()
    def read(self, tokens: Tensor) -> None:
        """As in `StepBackend`."""
        shared = tokens.ndim == 2
        for candidate, own in enumerate(tokens.unsqueeze(0) if shared else tokens):
            embedded = self._embed(own.to(self._device).T).expand(self._cache.shape[2], -1, -1)
            self._take_in(embedded, self._prefix, None if shared else candidate)

    @torch.inference_mode()
    def step(self, tokens: Tensor, position: int) -> Tensor:
        """As in `StepBackend`."""
        place = self._prefix + position
        length = bucket(place + 1, self._cache.shape[-2]) if self._buckets else place + 1
        if self._graphs is not None:
            return self._graphs(tokens, place, length)
        return self._logits(tokens.to(self._device), torch.tensor([place], device=self._device), length)

    def close(self) -> None:
        """Free all memory."""
        self._layers = []
        self._graphs = None
        self._cache = self._positions = self._embeddings = torch.empty(0)

    def _embed(self, tokens: Tensor) -> Tensor:
        """Tokens of shape (rows, codebooks) to vectors of shape (rows, hidden)."""
        return self._embeddings[self._books, tokens].sum(dim=1)

    def _logits(self, tokens: Tensor, place: Tensor, length: int) -> Tensor:
        halves, candidates = self._cache.shape[2:4]
        # Both halves hear the same tokens; they differ only in what they attend to.
        x = (self._embed(tokens) + self._positions[place]).repeat(halves, 1).unsqueeze(1)
        mask = torch.arange(length, device=self._device) <= place.unsqueeze(1) if self._buckets else None
        for layer, cache in zip(self._layers, self._cache, strict=True):
            x = layer(x, cache.flatten(1, 2), place, length, mask, conditional=candidates)
        logits = self._heads(self._norm(x))
        exact = torch.promote_types(self._dtype, torch.float32)
        return logits.to(exact).view(halves * candidates, self._config.codebooks, self._config.vocabulary)

    def _take_in(self, x: Tensor, start: int, candidate: int | None = None) -> None:
        """Fill the cache with what one candidate takes, or all: then it is computed once for each half, and copied.

        Args:
            x: shape (halves, positions, hidden).
            start: first place in the cache.
            candidate: whose it is; None for all.
        """
        end = start + x.shape[1]
        places = torch.arange(start, end, device=self._device)
        x = x + self._positions[places]
        mask = torch.arange(end, device=self._device) <= places.unsqueeze(1)
        for layer, cache in zip(self._layers, self._cache, strict=True):
            x = layer(x, cache[:, :, candidate or 0], places, end, mask, conditional=1)
        if candidate is None:
            self._cache[:, :, :, 1:, :, start:end] = self._cache[:, :, :, :1, :, start:end]


def _rounded_up(room: int) -> int:
    """Masks of other lengths are slower, or refused, on a GPU."""
    return -(-room // 64) * 64
