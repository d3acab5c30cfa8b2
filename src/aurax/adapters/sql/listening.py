"""Hearing from PostgreSQL that a song has new events: one connection for all followers of a process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncEngine

CHANNEL = "aurax_events"
"""Its notifications carry the id of a song."""
_SIGN_OF_LIFE_S = 15.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 5.0


class Watch(Protocol):
    """One follower's waiting."""

    async def wait(self) -> None:
        """Return when there may be something new; returning too often does no harm."""


class Wakeup(Protocol):
    """Says when followers should look for new events."""

    def watch(self, song_id: str) -> contextlib.AbstractContextManager[Watch]:
        """Wait for one song until the block ends; what happens while nobody waits is told by the next wait."""


class Poll:
    """Looks at fixed intervals; an indexed look costs SQLite about a millisecond.

    Args:
        interval_s: time between two looks.
    """

    def __init__(self, interval_s: float = 0.05) -> None:
        self._interval_s = interval_s

    @contextmanager
    def watch(self, _song_id: str) -> Iterator[Watch]:
        """Every song is looked at alike."""
        yield self

    async def wait(self) -> None:
        """Sleep for the interval."""
        await asyncio.sleep(self._interval_s)


class Listener:
    """Hears PostgreSQL's notifications, connecting again by itself; followers that hear nothing look now and then.

    Args:
        engine: makes a connection that nothing else uses.
        look_s: how long a follower waits before it looks without having heard anything, so that a notification
            that was lost loses no event.
    """

    def __init__(self, engine: Callable[[], AsyncEngine], look_s: float = 5.0) -> None:
        self._engine = engine
        self._look_s = look_s
        self._followers: dict[str, set[_Follower]] = {}
        self._listening: asyncio.Task[None] | None = None

    @contextmanager
    def watch(self, song_id: str) -> Iterator[Watch]:
        """Wait for one song; the first follower starts the listening."""
        if self._listening is None or self._listening.done():
            self._listening = asyncio.create_task(self._listen())
        follower = _Follower(self._look_s)
        self._followers.setdefault(song_id, set()).add(follower)
        try:
            yield follower
        finally:
            followers = self._followers[song_id]
            followers.discard(follower)
            if not followers:
                del self._followers[song_id]

    async def close(self) -> None:
        """Stop listening."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.wait([self._listening])
            self._listening = None

    async def _listen(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            # Whatever is wrong with the server, the followers' own looks report it.
            with contextlib.suppress(Exception):
                async with _listening(self._engine(), self._heard) as lost:
                    pause_s = _FIRST_PAUSE_S
                    self._wake_all()  # something may have happened while nobody listened
                    await lost()
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    def _heard(self, song_id: str) -> None:
        for follower in self._followers.get(song_id, ()):
            follower.wake()

    def _wake_all(self) -> None:
        for song_id in self._followers:
            self._heard(song_id)


class _Follower:
    def __init__(self, look_s: float) -> None:
        self._look_s = look_s
        self._woken = asyncio.Event()

    def wake(self) -> None:
        self._woken.set()

    async def wait(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), self._look_s)
        self._woken.clear()


@asynccontextmanager
async def _listening(engine: AsyncEngine, heard: Callable[[str], None]) -> AsyncIterator[Callable[[], Any]]:
    """Listen until the block ends; yields what waits until the connection is lost."""
    try:
        async with engine.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            ended = asyncio.Event()
            driver.add_termination_listener(lambda _connection: ended.set())
            await driver.add_listener(CHANNEL, lambda _connection, _pid, _channel, song_id: heard(song_id))

            async def lost() -> None:
                while not ended.is_set():
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(ended.wait(), _SIGN_OF_LIFE_S)
                    if not ended.is_set():
                        await driver.fetchrow("SELECT 1")  # a machine that vanished closes no connection

            yield lost
    finally:
        await engine.dispose()
