"""From logits to tokens: guidance, the choice among the likeliest, and randomness of each candidate's own."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from aurax.engines.requests import Sampling
from aurax.errors import BadEngineOutput


class Sampler:
    """Draws tokens for candidates that are decoded together.

    Each candidate has a generator of its own, from which each call takes one number for each codebook: what it draws
    depends neither on the other candidates nor on the device, and greedy choices draw nothing.

    Args:
        engine: for messages.
        sampling: how to draw.
        seeds: one for each candidate.
    """

    def __init__(self, engine: str, sampling: Sampling, seeds: Sequence[int]) -> None:
        self._engine = engine
        self._sampling = sampling
        self._generators = [torch.Generator().manual_seed(seed) for seed in seeds]

    @property
    def guided(self) -> bool:
        """Whether an unconditional half is needed."""
        return self._sampling.guidance > 1.0

    def choose(self, logits: Tensor) -> Tensor:
        """Choose the next column.

        Args:
            logits: as from `StepBackend.step`, the unconditional rows last when guided.

        Returns:
            Int64, shape (candidates, codebooks), on the CPU.

        Raises:
            BadEngineOutput: the logits are not finite.
        """
        logits = self._guide(logits)
        if not bool(torch.isfinite(logits).all()):
            raise BadEngineOutput(
                f"finite logits from {self._engine}",
                "some that are NaN or infinite",
                "try a higher precision (AURAX_PRECISION=fp32); if it stays, fetch the weights again",
            )
        if self._sampling.greedy:
            return logits.argmax(-1).cpu()
        values, tokens = self._eligible(logits / self._sampling.temperature)
        drawn = _draw(values.softmax(-1), self._uniform(logits.shape[1]).to(logits.device), self._sampling.top_p)
        return tokens.gather(-1, drawn.unsqueeze(-1)).squeeze(-1).cpu()

    def _guide(self, logits: Tensor) -> Tensor:
        if not self.guided:
            return logits
        conditional, unconditional = logits.chunk(2)
        return unconditional + (conditional - unconditional) * self._sampling.guidance

    def _eligible(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        vocabulary = logits.shape[-1]
        count = min(self._sampling.top_k or vocabulary, vocabulary)
        values, tokens = logits.topk(count)
        return values.double(), tokens

    def _uniform(self, codebooks: int) -> Tensor:
        rows = [torch.rand(codebooks, generator=generator, dtype=torch.float64) for generator in self._generators]
        return torch.stack(rows)


def _draw(probabilities: Tensor, uniform: Tensor, top_p: float) -> Tensor:
    """Invert the distribution function.

    Args:
        probabilities: falling along the last dimension, shape (candidates, codebooks, tokens).
        uniform: from 0 to below 1, shape (candidates, codebooks).
        top_p: the fewest of the likeliest that reach this probability are kept; 0 keeps all.

    Returns:
        Index of the token drawn, shape (candidates, codebooks).
    """
    if top_p > 0.0:
        before = probabilities.cumsum(-1) - probabilities
        kept = before < top_p
        kept[..., 0] = True
        probabilities = probabilities * kept
    distribution = probabilities.cumsum(-1)
    target = uniform.unsqueeze(-1) * distribution[..., -1:]
    drawn = torch.searchsorted(distribution, target, right=True).squeeze(-1)
    # Rounding may carry the target to the very end, past the last token that can be drawn.
    last = (probabilities > 0).sum(-1) - 1
    return torch.minimum(drawn, last)
