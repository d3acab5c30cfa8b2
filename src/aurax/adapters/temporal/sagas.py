"""Running the compensations of a saga in a workflow."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from aurax.produce.saga import Compensation, Saga


async def compensate(saga: Saga, take_away: Callable[[Compensation], Awaitable[None]]) -> None:
    """Run what has to run so that nothing is left.

    Shielded: a cancellation in this moment must not leave half of the objects behind.

    Args:
        saga: the steps that were begun.
        take_away: calls the activity that takes away what a compensation names.
    """

    async def all_of_them() -> None:
        for one in saga.compensations():
            await take_away(one)

    await asyncio.shield(asyncio.ensure_future(all_of_them()))
