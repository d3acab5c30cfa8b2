"""CUDA graphs: one decoding step recorded once for each length of the cache, then replayed without any Python.

A graph's shapes are fixed, so attention looks at a whole bucket of the cache and a mask hides what is not filled yet.
Lengths double from bucket to bucket: at most half of what is read is hidden, and a piece needs few recordings.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

SMALLEST_BUCKET = 256

Step = Callable[[Tensor, Tensor, int], Tensor]
"""Tokens (candidates, codebooks), place in the cache (1,) and length of the cache to look at, to logits."""


def bucket(filled: int, room: int) -> int:
    """How much of the cache to look at.

    Args:
        filled: places that must be seen.
        room: size of the cache.
    """
    length = SMALLEST_BUCKET
    while length < filled:
        length *= 2
    return min(length, room)


class GraphedStep:
    """A step that is recorded at its first use in each bucket; only on a GPU.

    Args:
        step: the work; reads its inputs from the same memory each time, and makes no decision on their values.
        candidates: rows of tokens.
        codebooks: columns of tokens.
        device: the GPU.
    """

    def __init__(self, step: Step, candidates: int, codebooks: int, device: torch.device) -> None:
        self._step = step
        self._tokens = torch.zeros(candidates, codebooks, dtype=torch.long, device=device)
        self._place = torch.zeros(1, dtype=torch.long, device=device)
        self._recorded: dict[int, tuple[torch.cuda.CUDAGraph, Tensor]] = {}

    def __call__(self, tokens: Tensor, place: int, length: int) -> Tensor:
        """Run the step.

        Args:
            tokens: int64, shape (candidates, codebooks).
            place: of this column in the cache.
            length: of the cache to look at.

        Returns:
            Logits, in memory that the next call overwrites.
        """
        self._tokens.copy_(tokens)
        self._place.fill_(place)
        if length not in self._recorded:
            self._recorded[length] = self._record(length)
        graph, logits = self._recorded[length]
        graph.replay()
        return logits

    def _record(self, length: int) -> tuple[torch.cuda.CUDAGraph, Tensor]:
        # Libraries allocate their workspaces at the first call, which a recording does not allow. The step writes the
        # same keys and values to the same place however often it runs.
        stream = torch.cuda.Stream(self._tokens.device)  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            self._step(self._tokens, self._place, length)
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            logits = self._step(self._tokens, self._place, length)
        return graph, logits
