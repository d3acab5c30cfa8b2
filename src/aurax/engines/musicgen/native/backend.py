"""MusicGen's step on a CPU, by one call into C.

A step of MusicGen on a CPU takes as long as its weights take to come from memory; what Python and small kernels add can
be more than that. Here the whole step is one call, the weights can be bytes, and they come once for all candidates.

Without changing the result this saves what transformers' way computes: the unconditional half of classifier-free
guidance has no cross-attention, as its encoder states are zeros and its projections have no bias; the text's keys and
values are computed once; and known tokens and prefixes, which all candidates share, are read once, many at a time.
"""

from __future__ import annotations

import os
from pathlib import Path

import torch
from torch import Tensor

from aurax.engines.musicgen.conditions import Conditions, Projections
from aurax.engines.musicgen.config import MusicGenConfig
from aurax.engines.musicgen.native.build import CannotBuild, load_library
from aurax.engines.musicgen.native.layout import StepPrecision
from aurax.engines.musicgen.native.native_model import MOST_ROWS, NativeModel
from aurax.engines.musicgen.positions import sinusoids
from aurax.engines.musicgen.threads import one_thread
from aurax.engines.musicgen.weights import DecoderWeights

_CPU = torch.device("cpu")


def available(cache_dir: Path | None = None) -> str | None:
    """None where steps can run in C; else why not, in one sentence.

    Args:
        cache_dir: where what is compiled is kept; the user's cache folder when None.
    """
    try:
        load_library(cache_dir)
    except CannotBuild as reason:
        return str(reason)
    return None


class NativeStep:
    """A `StepBackend` in C, for every kind of MusicGen.

    A candidate's logits are the same to the bit whatever it is decoded with and on however many threads.

    Args:
        weights: of the decoder. Packed copies are kept of them; only those of cross-attention are kept as they are.
        config: of the same checkpoint.
        precision: of weights and of cached keys and values. Whatever is computed is float32, but for products of
            bytes, which are exact.
        threads: of the CPU; None for all cores.
        cache_dir: where the compiled step is kept; the user's cache folder when None.

    Raises:
        CannotBuild: the step cannot run here; `available` tells so before.
    """

    def __init__(
        self,
        weights: DecoderWeights,
        config: MusicGenConfig,
        *,
        precision: StepPrecision,
        threads: int | None = None,
        cache_dir: Path | None = None,
    ) -> None:
        self._config = config
        self._projections = Projections.of(weights, config, _CPU, torch.float32)
        self._embeddings = weights.embeddings.float()
        self._books = torch.arange(config.codebooks)
        self._model = NativeModel(weights, config, precision, threads or os.cpu_count() or 1, cache_dir)
        self._candidates = 0
        self._guided = False
        self._positions = torch.zeros(0, config.hidden_size)
        self._prefix = 0
        self._room = 0

    @property
    def bytes_per_step(self) -> int:
        """Bytes of weights that one step reads; the text's part is known after `begin`."""
        return self._model.weight_bytes

    @torch.inference_mode()
    def begin(self, conditions: Conditions, candidates: int, positions: int, guided: bool) -> None:
        """Start over, as `StepBackend.begin`.

        Raises:
            ValueError: it is closed, or a number is below 1.
        """
        if candidates < 1 or positions < 1:
            raise ValueError(f"{candidates} candidates of {positions} positions")
        prefix = text = None
        if self._config.is_melody:
            prefix = self._projections.prefix(conditions, guided, _CPU, torch.float32)
        else:
            text = self._projections.text_states(conditions, _CPU, torch.float32)
        self._candidates = candidates
        self._guided = guided
        self._prefix = 0 if prefix is None else prefix.shape[1]
        self._room = self._prefix + positions
        if len(self._positions) < self._room:
            self._positions = sinusoids(self._room, self._config.hidden_size)
        self._model.begin(text, candidates * self._halves, self._room)
        if prefix is not None:
            self._take_in(prefix + self._positions[: self._prefix], 0)

    @torch.inference_mode()
    def read(self, tokens: Tensor) -> None:
        """Take in known tokens, as `StepBackend.read`.

        Raises:
            ValueError: there are more of them than positions that were begun with.
        """
        count = tokens.shape[-1]
        if self._prefix + count > self._room:
            raise ValueError(f"{count} tokens to read, beyond the positions that were begun with")
        shared = tokens.ndim == 2
        for candidate, own in enumerate(tokens.unsqueeze(0) if shared else tokens):
            vectors = self._embeddings[self._books[:, None], own].sum(0)
            vectors += self._positions[self._prefix : self._prefix + count]
            self._take_in(vectors.expand(self._halves, -1, -1), self._prefix, None if shared else candidate)

    @torch.inference_mode()
    def step(self, tokens: Tensor, position: int) -> Tensor:
        """Take in one column of tokens and say what may follow it, as `StepBackend.step`.

        Raises:
            ValueError: it is closed or was not begun, or the tokens are of another shape or the position beyond those
                that were begun with.
        """
        if self._candidates < 1 or tokens.shape != (self._candidates, self._config.codebooks):
            raise ValueError(f"tokens of shape {tuple(tokens.shape)} for {self._candidates} candidates")
        at = self._prefix + position
        if not 0 <= position < self._room - self._prefix:
            raise ValueError(f"position {position} beyond those that were begun with")
        with one_thread():
            vectors = self._embeddings[self._books, tokens].sum(1) + self._positions[at]
        slots = self._candidates * self._halves
        logits = self._model.advance(
            vectors.repeat(self._halves, 1), range(slots), [at] * slots, conditional=self._candidates, logits=True
        )
        return logits.view(-1, self._config.codebooks, self._config.vocabulary)

    def close(self) -> None:
        """Free all memory; calling it again does nothing."""
        self._model.close()
        self._candidates = self._room = 0

    @property
    def _halves(self) -> int:
        return 2 if self._guided else 1

    def _take_in(self, vectors: Tensor, start: int, candidate: int | None = None) -> None:
        """Read what one candidate takes, or all.

        Args:
            vectors: shape (halves, positions, hidden).
            start: where the first of them is.
            candidate: whose it is; None for all.
        """
        ends = range(candidate or 0, self._candidates * self._halves, self._candidates)
        many = MOST_ROWS // self._halves
        for first in range(0, vectors.shape[1], many):
            piece = vectors[:, first : first + many]
            count = piece.shape[1]
            slots = [slot for slot in ends for _ in range(count)]
            positions = [start + first + index for index in range(count)] * self._halves
            self._model.advance(piece.flatten(0, 1), slots, positions, conditional=count, logits=False)
        if candidate is None:
            for slot in ends:
                self._model.share(slot, slot + self._candidates, start + vectors.shape[1])
