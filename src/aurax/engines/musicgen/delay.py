"""The delay pattern: codebook k of a frame comes k positions later than codebook 0, so that it can depend on it.

Column 0 holds only pad tokens; frame f of a codebook with delay d is in column f + d + 1. Left and right channels
are interleaved, and the two codebooks of a pair have one delay. With 4 codebooks and 5 frames (a to e):

    column      0 1 2 3 4 5 6 7 8
    codebook 0  · a b c d e · · ·
    codebook 1  · · a b c d e · ·
    codebook 2  · · · a b c d e ·
    codebook 3  · · · · a b c d e

Source: Copet et al., 2023, section 2.2; stereo as in its appendix C.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from aurax.engines.musicgen.config import MusicGenConfig


@dataclass(frozen=True)
class DelayPattern:
    """The pattern of one piece.

    Args:
        delays: of the codebooks, int64, shape (codebooks,).
        frames: of the whole piece.
        pad_token: for the places that belong to no frame.
    """

    delays: Tensor
    frames: int
    pad_token: int

    @classmethod
    def of(cls, config: MusicGenConfig, frames: int) -> DelayPattern:
        """The pattern of a checkpoint's codebooks.

        Args:
            config: of the checkpoint.
            frames: of the whole piece.
        """
        return cls(torch.arange(config.codebooks) // config.channels, frames, config.pad_token)

    @property
    def longest(self) -> int:
        """Positions by which the last codebook comes after the first."""
        return int(self.delays.max())

    @property
    def columns(self) -> int:
        """Columns that must be fed to hear the whole piece; the last column needs no feeding."""
        return self.frames + self.longest

    def lay_out(self, codes: Tensor) -> Tensor:
        """Put known frames in their places.

        Args:
            codes: int64, shape (…, codebooks, frames), from the first frame on.

        Returns:
            Shape (…, codebooks, columns + 1): the codes, the pad token outside of the piece, and −1 where a token is to
            be found.
        """
        frame = torch.arange(self.columns + 1) - 1 - self.delays.unsqueeze(1)
        known = (frame >= 0) & (frame < codes.shape[-1])
        laid_out = torch.full((*codes.shape[:-2], *frame.shape), -1)
        laid_out[..., (frame < 0) | (frame >= self.frames)] = self.pad_token
        book, column = known.nonzero(as_tuple=True)
        laid_out[..., book, column] = codes[..., book, frame[known]]
        return laid_out

    def frame(self, columns: Tensor, frame: int) -> Tensor:
        """Take a frame out of its columns.

        Args:
            columns: shape (…, codebooks, columns + 1).
            frame: its number.

        Returns:
            Shape (…, codebooks).
        """
        return columns[..., torch.arange(len(self.delays)), frame + 1 + self.delays]
