"""Stores and ledger that tell about every call: how long it took, and what it cost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager
from datetime import date
from functools import wraps
from inspect import isgeneratorfunction
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy.ext.asyncio import AsyncConnection

from aurax import observing
from aurax.adapters.sql.database import Database
from aurax.adapters.sql.ledger import Ledger
from aurax.services.ports import Objects, Reservation

if TYPE_CHECKING:
    from aurax.engines.runtime import Usage


def observed_objects(objects: Objects) -> Objects:
    """The same store, which tells about its calls.

    Args:
        objects: the store.
    """
    return cast(Objects, _Observed(objects))


class _Observed:
    """Passes everything on; each method is a block of work."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._objects, name)
        if name.startswith("_") or not callable(found):
            return found
        told = _telling(f"store.{name}", found)
        self.__dict__[name] = told
        return told


def _telling(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(work)
    def telling(*args: Any, **options: Any) -> Any:
        if hasattr(work, "__wrapped__") and isgeneratorfunction(work.__wrapped__):
            return _held(name, work(*args, **options))
        with observing.span(name):
            return work(*args, **options)

    return telling


@contextmanager
def _held(name: str, block: AbstractContextManager[Any]) -> Iterator[Any]:
    """The same block, of which only the beginning is the store's work."""
    with ExitStack() as stack:
        with observing.span(name):
            value = stack.enter_context(block)
        yield value


class ObservedDatabase(Database):
    """A database that tells about its transactions."""

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection for queries."""
        with observing.span("database.read", **self._attributes):
            async with super().reading() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A connection in a transaction."""
        with observing.span("database.write", **self._attributes):
            async with super().writing() as connection:
                yield connection

    @property
    def _attributes(self) -> dict[str, observing.Attribute]:
        return {"db.system.name": "sqlite" if self.is_sqlite else "postgresql"}


class ObservedLedger(Ledger):
    """A ledger that tells what was spent."""

    async def settle(
        self,
        reservation: Reservation,
        usage: Usage | None,
        usd: float,
        *,
        tokens_in: int = 0,
        tokens_out: int = 0,
        priced_on: date | None = None,
    ) -> None:
        """Write what a finished call cost."""
        await super().settle(reservation, usage, usd, tokens_in=tokens_in, tokens_out=tokens_out, priced_on=priced_on)
        observing.count("cost_usd", usd, stage=reservation.stage)

    async def release(
        self, reservation: Reservation, usage: Usage | None = None, usd: float = 0.0, *, priced_on: date | None = None
    ) -> None:
        """Give back what a failed call did not use."""
        await super().release(reservation, usage, usd, priced_on=priced_on)
        observing.count("cost_usd", usd, stage=reservation.stage)
