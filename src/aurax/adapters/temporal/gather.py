"""Activities in parallel, ended as one."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")


async def gather(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Do all at once and return the results in order; if one fails, cancel the others and wait for them.

    `asyncio.gather` alone would let a failed workflow close while its other activities still write, and the clean-up
    after it would miss what they write last.

    Args:
        work: calls of activities that wait for the end of their cancellation.
    """
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


async def gather_two(first: Coroutine[Any, Any, A], second: Coroutine[Any, Any, B]) -> tuple[A, B]:
    """Two pieces of work of different kinds; as `gather`."""
    work: list[Coroutine[Any, Any, Any]] = [first, second]
    one, other = await gather(work)
    return one, other
