"""The decoding loop: conditions in, frames of tokens out as they are found."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from aurax.engines.engine import Cancel, cancelled
from aurax.engines.memory import translated
from aurax.engines.musicgen.conditions import Conditions
from aurax.engines.musicgen.config import MusicGenConfig
from aurax.engines.musicgen.decoder import StepBackend
from aurax.engines.musicgen.delay import DelayPattern
from aurax.engines.musicgen.sampling import Sampler
from aurax.engines.musicgen.threads import one_thread
from aurax.engines.requests import Sampling


class TokenDecoder:
    """Decodes candidates together.

    Args:
        backend: computes the logits.
        config: of the checkpoint.
    """

    def __init__(self, backend: StepBackend, config: MusicGenConfig) -> None:
        self._backend = backend
        self._config = config

    def frames(
        self,
        conditions: Conditions,
        *,
        frames: int,
        seeds: tuple[int, ...],
        sampling: Sampling,
        opening: Tensor | None = None,
        cancel: Cancel,
    ) -> Iterator[Tensor]:
        """Find frame after frame. A frame comes out as soon as its last codebook is known.

        Args:
            conditions: of all candidates.
            frames: how many new ones.
            seeds: one for each candidate.
            sampling: how to draw.
            opening: tokens to go on from, int64, shape (codebooks, frames), or (candidates, codebooks, frames) where
                each has its own; they do not come out again.
            cancel: asked before every step.

        Yields:
            Int64, shape (candidates, codebooks): the next frame of each candidate, without delay.

        Raises:
            Cancelled: `cancel` was set.
            BadEngineOutput: the model produced NaN or infinity.
            OutOfMemory: the device's memory does not suffice.
        """
        if opening is None:
            opening = torch.empty(self._config.codebooks, 0, dtype=torch.long)
        known = opening.shape[-1]
        pattern = DelayPattern.of(self._config, known + frames)
        sampler = Sampler(self._config.name, sampling, seeds)
        columns = pattern.lay_out(opening.cpu()).expand(len(seeds), -1, -1).clone()
        _go_on(self._config, cancel)
        with translated(self._config.name):
            self._backend.begin(conditions, len(seeds), pattern.columns, sampler.guided)
            if known:
                self._backend.read(columns[0, :, :known] if opening.ndim == 2 else columns[:, :, :known])
        for position in range(known, pattern.columns):
            _go_on(self._config, cancel)
            with translated(self._config.name):
                logits = self._backend.step(columns[:, :, position], position)
                with one_thread():
                    found = sampler.choose(logits)
            following = columns[:, :, position + 1]
            columns[:, :, position + 1] = torch.where(following < 0, found, following)
            frame = position - pattern.longest
            if frame >= known:
                yield pattern.frame(columns, frame)


def _go_on(config: MusicGenConfig, cancel: Cancel) -> None:
    if cancel.is_set():
        raise cancelled(config.name)
