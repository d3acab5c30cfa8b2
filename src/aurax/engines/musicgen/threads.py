"""Keeping torch's threads out of what is small."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on the calling thread alone.

    Some operations wake torch's other threads even for a few numbers, and those go on spinning for milliseconds: on a
    machine of two cores a third of a decoding step was lost to them. Changing the number takes a microsecond.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
