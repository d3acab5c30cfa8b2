"""The language model, one position at a time: the protocol of a backend, and the one that torch computes."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from aurax.engines.musicgen.conditions import Conditions


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
        """Take in known tokens that all candidates share, at the positions from 0 on; no logits are wanted.

        Called at most once, after `begin` and before the first `step`, which then follows at the next position.

        Args:
            tokens: int64, shape (codebooks, positions).
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
