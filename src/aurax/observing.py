"""What the rooms tell about their work: spans of time and counts. Nobody listens unless a listener is set.

This module knows no platform, so that every room may use it; `adapters/telemetry` has the listeners.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from contextvars import copy_context
from typing import ParamSpec, Protocol, TypeVar

Attribute = str | int | float | bool
"""A value of a span."""

P = ParamSpec("P")
T = TypeVar("T")


class Listener(Protocol):
    """Hears what is told. It is called from any thread and must never raise."""

    def span(self, name: str, attributes: dict[str, Attribute], /) -> AbstractContextManager[None]:
        """A block of work, part of the block around it."""

    def past_span(self, name: str, start_ns: int, end_ns: int, attributes: dict[str, Attribute]) -> None:
        """Work that another process did for the block around this call."""

    def mark(self, attributes: dict[str, Attribute]) -> None:
        """More about the block of work around this call."""

    def count(self, what: str, amount: float, labels: dict[str, str]) -> None:
        """Something happened some times."""

    def measure(self, what: str, value: float, labels: dict[str, str]) -> None:
        """Something took so long, or was so large."""

    def change(self, what: str, amount: float, labels: dict[str, str]) -> None:
        """There is more or less of something now."""


_listeners: tuple[Listener, ...] = ()


def listen(*listeners: Listener) -> None:
    """Set who hears what this process tells, instead of those set before."""
    global _listeners
    _listeners = listeners


def span(name: str, **attributes: Attribute) -> AbstractContextManager[None]:
    """Tell about a block of work.

    Args:
        name: such as `store.get`; the same for all work of the kind.
        attributes: what tells one from another; never a prompt, a key or a password.
    """
    if not _listeners:
        return nullcontext()
    if len(_listeners) == 1:
        return _listeners[0].span(name, attributes)
    return _Spans([one.span(name, attributes) for one in _listeners])


def past_span(name: str, start_ns: int, end_ns: int, **attributes: Attribute) -> None:
    """Tell about work that another process has done.

    Args:
        name: as for `span`.
        start_ns: its beginning, in nanoseconds since the epoch.
        end_ns: its end.
        attributes: as for `span`.
    """
    for listener in _listeners:
        listener.past_span(name, start_ns, end_ns, attributes)


def mark(**attributes: Attribute) -> None:
    """Tell more about the block of work around this call.

    Args:
        attributes: as for `span`.
    """
    for listener in _listeners:
        listener.mark(attributes)


def count(what: str, amount: float = 1, **labels: str) -> None:
    """Tell that something happened.

    Args:
        what: name of the counter.
        amount: how often, or how much.
        labels: few values each, such as hit and miss.
    """
    for listener in _listeners:
        listener.count(what, amount, labels)


def measure(what: str, value: float, **labels: str) -> None:
    """Tell how long something took.

    Args:
        what: name of the measurement, which names the unit.
        value: in that unit.
        labels: as for `count`.
    """
    for listener in _listeners:
        listener.measure(what, value, labels)


def change(what: str, amount: float, **labels: str) -> None:
    """Tell that there is more of something now, or less.

    Args:
        what: name of what is counted.
        amount: how much more; less than 0 for less.
        labels: as for `count`.
    """
    for listener in _listeners:
        listener.change(what, amount, labels)


def carrying(work: Callable[P, T]) -> Callable[P, T]:
    """The same work for another thread, as part of the block around this call.

    It may run in several threads at once: each run gets a copy of the context.
    """
    context = copy_context()

    def carried(*args: P.args, **options: P.kwargs) -> T:
        return context.copy().run(work, *args, **options)

    return carried


class CarryingThreads(ThreadPoolExecutor):
    """Threads whose work is part of the block in which it was submitted."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Do some work soon."""
        return super().submit(carrying(fn), *args, **kwargs)


class _Spans:
    """Several blocks as one."""

    def __init__(self, blocks: list[AbstractContextManager[None]]) -> None:
        self._blocks = blocks

    def __enter__(self) -> None:
        for block in self._blocks:
            block.__enter__()

    def __exit__(self, *ended: object) -> None:
        for block in reversed(self._blocks):
            block.__exit__(*ended)  # type: ignore[arg-type]
