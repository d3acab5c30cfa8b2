"""What a piece is conditioned on, and how that enters the model: as states to attend to, or as a prefix."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from aurax.engines.musicgen.config import MusicGenConfig
from aurax.engines.musicgen.weights import Affine, DecoderWeights


@dataclass(frozen=True)
class Conditions:
    """The conditions of one request; all its candidates share them.

    Args:
        text: the text encoder's last hidden state, padding removed; shape (tokens, text size).
        melody: one-hot chroma, shape (frames, pitch classes); for melody models only, None for no melody.
    """

    text: Tensor
    melody: Tensor | None = None


@dataclass(frozen=True)
class Projections:
    """From the conditions' widths to the model's.

    Args:
        text: None where the widths agree.
        chroma: None where the widths agree or there is no melody.
        num_chroma: pitch classes.
        chroma_length: frames of chroma in a prefix.
    """

    text: Affine | None
    chroma: Affine | None
    num_chroma: int
    chroma_length: int

    @classmethod
    def of(
        cls, weights: DecoderWeights, config: MusicGenConfig, device: torch.device, dtype: torch.dtype
    ) -> Projections:
        """The projections of a checkpoint, on a device."""
        return cls(
            _moved(weights.text_projection, device, dtype),
            _moved(weights.chroma_projection, device, dtype),
            config.num_chroma,
            config.chroma_length,
        )

    def text_states(self, conditions: Conditions, device: torch.device, dtype: torch.dtype) -> Tensor:
        """The text as the model attends to it.

        Returns:
            Shape (tokens, hidden). The unconditional half attends to zeros, which add exactly nothing: its
            cross-attention can be left out.
        """
        return _project(conditions.text.to(device, dtype), self.text)

    def prefix(self, conditions: Conditions, guided: bool, device: torch.device, dtype: torch.dtype) -> Tensor:
        """What a melody model reads before the first token, positions not yet added.

        The melody is repeated until it fills its place. Without one, and in the unconditional half, its place holds the
        lowest pitch class throughout; the unconditional half's text is zeros after the projection.

        Args:
            conditions: of the request.
            guided: whether to add the unconditional half.
            device: to compute on.
            dtype: to compute in.

        Returns:
            Shape (1, or 2 when guided with the conditional row first; chroma length + tokens; hidden).
        """
        none = torch.zeros(1, self.num_chroma, device=device, dtype=dtype)
        none[:, 0] = 1.0
        melody = none if conditions.melody is None else conditions.melody.to(device, dtype)
        text = self.text_states(conditions, device, dtype)
        rows = [torch.cat([self._chroma(melody), text])]
        if guided:
            rows.append(torch.cat([self._chroma(none), torch.zeros_like(text)]))
        return torch.stack(rows)

    def _chroma(self, melody: Tensor) -> Tensor:
        repeats = math.ceil(self.chroma_length / melody.shape[0])
        return _project(melody, self.chroma).repeat(repeats, 1)[: self.chroma_length]


def _project(states: Tensor, projection: Affine | None) -> Tensor:
    return states if projection is None else functional.linear(states, projection.weight, projection.bias)


def _moved(affine: Affine | None, device: torch.device, dtype: torch.dtype) -> Affine | None:
    return None if affine is None else Affine(affine.weight.to(device, dtype), affine.bias.to(device, dtype))
