"""Pieces longer than the model's window, made window after window.

Each window but the first begins with the last codes of the one before, and goes on from them. As codes are continued
and one codec decodes them all, the audio has no seams to cross-fade.

Source: audiocraft's `MusicGen` extends by the same lengths: windows of 30 s that advance by 18 s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

WINDOW_S = 30.0
KEEP_S = 12.0


@dataclass(frozen=True)
class Window:
    """What is decoded in one go; all in frames of codes, counted from the beginning of the piece.

    Args:
        index: of the window, from 0.
        start: first frame that the model sees.
        opening: how many frames, from `start`, are there already.
        end: the frame after the last.
    """

    index: int
    start: int
    opening: int
    end: int

    @property
    def new(self) -> int:
        """Frames to be made."""
        return self.end - self.start - self.opening


def plan_windows(total: int, given: int, *, window: int, keep: int) -> list[Window]:
    """Divide a piece.

    Args:
        total: frames of the piece.
        given: frames that are there already.
        window: most frames that the model can see at once.
        keep: how many frames before the new ones it sees, where the piece needs several windows; below `window`.

    Returns:
        Windows whose new frames follow each other without gap, from `given` to `total`.
    """
    if total <= window:
        return [Window(0, 0, given, total)]
    windows: list[Window] = []
    done = given
    while done < total:
        opening = min(done, keep)
        start = done - opening
        end = min(start + window, total)
        windows.append(Window(len(windows), start, opening, end))
        done = end
    return windows


def window_seed(seed: int, index: int) -> int:
    """The seed of a candidate's window, 0 to 2^63 − 1; the first window's is the candidate's own.

    Args:
        seed: of the candidate.
        index: of the window.
    """
    if index == 0:
        return seed
    return int(np.random.SeedSequence([seed, index]).generate_state(1, np.uint64)[0] >> np.uint64(1))


DecodeWindow = Callable[[Window, Tensor | None, tuple[int, ...]], Iterator[Tensor]]
"""From a window, the codes that open it and the candidates' seeds to the codes of each new frame, (candidates,
codebooks). What opens it is of shape (codebooks, frames) where all candidates share it, else (candidates, codebooks,
frames)."""


def decode_windows(
    windows: Sequence[Window], given: Tensor | None, seeds: tuple[int, ...], decode: DecodeWindow
) -> Iterator[Tensor]:
    """Decode window after window.

    Args:
        windows: from `plan_windows`.
        given: codes that are there already, (codebooks, at least as many as open the first window), or None.
        seeds: of the candidates.
        decode: makes one window.

    Yields:
        The codes of each new frame, (candidates, codebooks).
    """
    recent = [] if given is None else [codes.expand(len(seeds), -1) for codes in given.unbind(dim=-1)]
    longest = max(window.opening for window in windows)
    for window in windows:
        opening: Tensor | None = None
        if window.opening and window.index == 0 and given is not None:
            opening = given[:, -window.opening :]
        elif window.opening:
            opening = torch.stack(recent[-window.opening :], dim=-1)
        window_seeds = tuple(window_seed(seed, window.index) for seed in seeds)
        for frame in decode(window, opening, window_seeds):
            recent.append(frame)
            yield frame
        del recent[: max(0, len(recent) - longest)]
