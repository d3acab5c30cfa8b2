"""Sound that comes block by block: cut again into other lengths, and resampled on the way.

Whole songs at once would take hundreds of megabytes for every step; a chain of these takes a few.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import soxr

from aurax.audio.waveform import Samples


def in_blocks(blocks: Iterable[Samples], frames: int) -> Iterator[Samples]:
    """The same sound in blocks of one length; only the last may be shorter.

    Args:
        blocks: of any lengths.
        frames: length of the new blocks, 1 or more.
    """
    waiting: list[Samples] = []
    held = 0
    for block in blocks:
        place = 0
        while held + block.shape[1] - place >= frames:
            end = place + frames - held
            yield np.concatenate([*waiting, block[:, place:end]], axis=1)
            waiting, held, place = [], 0, end
        if place < block.shape[1]:
            waiting.append(block[:, place:])
            held += block.shape[1] - place
    if held:
        yield np.concatenate(waiting, axis=1)


def resampled(blocks: Iterable[Samples], old_rate: int, new_rate: int, channels: int = 2) -> Iterator[Samples]:
    """The same sound at another sample rate, equal to resampling it all at once.

    Args:
        blocks: of any lengths.
        old_rate: of the blocks, in hertz.
        new_rate: of the result.
        channels: of every block.
    """
    stream = soxr.ResampleStream(old_rate, new_rate, channels, dtype="float32", quality="MQ")
    for block in blocks:
        yield stream.resample_chunk(np.ascontiguousarray(block.T)).T
    yield stream.resample_chunk(np.zeros((0, channels), np.float32), last=True).T


def joined(blocks: Iterable[Samples], frames: int, channels: int = 2) -> Samples:
    """All blocks in one array, cut or followed by silence to a length."""
    whole = np.zeros((channels, frames), np.float32)
    place = 0
    for block in blocks:
        count = min(block.shape[1], frames - place)
        whole[:, place : place + count] = block[:, :count]
        place += count
    return whole
