"""Events are followed as they happen, on SQLite and on PostgreSQL: none is lost, doubled or out of order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest
from builders.databases import Databases
from builders.postgres_server import own_server
from sqlalchemy import text

from aurax.adapters.sql.database import Database
from aurax.adapters.sql.events import Events
from aurax.adapters.sql.listening import CHANNEL, Listener, Watch
from aurax.adapters.sql.migrate import migrate
from aurax.adapters.sql.songs import Songs
from aurax.errors import ServiceUnavailable

WRITERS, EVENTS_EACH = 6, 30


@pytest.fixture
async def on_postgres(databases: Databases) -> AsyncIterator[Database]:
    address = databases.migrated("postgresql")
    database = Database(address)
    await Songs(database).create_song("one", "lofi", 1)
    yield database
    await database.close()
    databases.drop(address)


class AlwaysLooking:
    """Looks again at once."""

    @contextmanager
    def watch(self, _song_id: str) -> Iterator[Watch]:
        yield self

    async def wait(self) -> None:
        await asyncio.sleep(0)


class NeverWoken(AlwaysLooking):
    """Hears nothing."""

    async def wait(self) -> None:
        await asyncio.Event().wait()


async def write(events: Events, writer: int) -> None:
    for number in range(EVENTS_EACH):
        await events.append_event("one", "stem.rendered", {"number": number}, once=f"{writer} {number}")


async def collect(events: Events, song_id: str = "one") -> list[int]:
    return [event.id async for event in events.follow(song_id)]


async def test_a_follower_misses_no_event_of_writers_that_commit_at_the_same_time(
    database: Database, database_address: str
) -> None:
    await Songs(database).create_song("one", "lofi", 1)
    elsewhere = [Database(database_address) for _ in range(2)]
    followers = [asyncio.create_task(collect(Events(database, AlwaysLooking()))) for _ in range(2)]
    await asyncio.gather(*(write(Events(elsewhere[number % 2]), number) for number in range(WRITERS)))
    await Events(database).append_event("one", "song.delivered", {})
    everything = [event.id for event in await Events(database).events("one")]
    assert len(everything) == WRITERS * EVENTS_EACH + 1
    assert await asyncio.gather(*followers) == [everything] * 2
    for one in elsewhere:
        await one.close()


async def test_an_event_that_is_written_first_and_committed_late_is_not_skipped(
    database: Database, database_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await Songs(database).create_song("one", "lofi", 1)
    slow = Database(database_address)
    written, may_commit = asyncio.Event(), asyncio.Event()

    async def pause(*_given: object) -> None:
        written.set()
        await may_commit.wait()

    monkeypatch.setattr(slow, "notify", pause)
    follower = asyncio.create_task(collect(Events(database, AlwaysLooking())))
    late = asyncio.create_task(Events(slow).append_event("one", "stem.rendered", {}, once="first"))
    await written.wait()
    quick = asyncio.create_task(Events(database).append_event("one", "stem.rendered", {}, once="second"))
    await asyncio.sleep(0.3)
    may_commit.set()
    await asyncio.gather(late, quick)
    await Events(database).append_event("one", "song.delivered", {})
    assert await follower == [event.id for event in await Events(database).events("one")]
    await slow.close()


async def test_followers_in_other_programs_hear_of_events_without_looking(
    on_postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = asyncio.create_task(collect(Events(on_postgres, Listener(_engine_of(on_postgres), look_s=3600))))
    await _until_listeners(on_postgres, 1)
    writer = Events(Database(on_postgres._url.render_as_string(hide_password=False)))
    for kind in ("mix.started", "mix.finished", "song.delivered"):
        await writer.append_event("one", kind, {})
    assert len(await asyncio.wait_for(follower, 20)) == 3
    await writer._database.close()


async def test_all_followers_of_a_program_share_one_connection(on_postgres: Database) -> None:
    await Songs(on_postgres).create_song("two", "lofi", 1)
    events = Events(on_postgres)
    followers = [asyncio.create_task(collect(events, song)) for song in ("one", "two") * 10]
    await _until_listeners(on_postgres, 1)
    for song in ("one", "two"):
        await events.append_event(song, "song.delivered", {})
    await asyncio.gather(*followers)
    assert await _listeners(on_postgres) == 1


async def test_a_listener_whose_connection_was_cut_connects_again(on_postgres: Database) -> None:
    listener = Listener(_engine_of(on_postgres), look_s=3600)
    follower = asyncio.create_task(collect(Events(on_postgres, listener)))
    await _until_listeners(on_postgres, 1)
    async with on_postgres.writing() as connection:
        await connection.execute(text(f"SELECT pg_terminate_backend(pid) {_LISTENING}"))
    await Events(on_postgres).append_event("one", "mix.finished", {})
    await Events(on_postgres).append_event("one", "song.delivered", {})
    assert len(await asyncio.wait_for(follower, 20)) == 2
    await listener.close()


async def test_an_event_whose_notification_was_lost_is_found_by_looking(on_postgres: Database) -> None:
    follower = asyncio.create_task(collect(Events(on_postgres, Listener(_engine_of(on_postgres), look_s=0.2))))
    await _until_listeners(on_postgres, 1)
    async with on_postgres.writing() as connection:
        await connection.execute(
            text("INSERT INTO events (song_id, at, kind, data, once) VALUES ('one', now(), 'song.failed', '{}', 'x')")
        )
    assert len(await asyncio.wait_for(follower, 20)) == 1


async def notify_and_fail(database: Database) -> None:
    async with database.writing() as connection:
        await database.notify(connection, CHANNEL, "one")
        raise ZeroDivisionError


async def test_an_event_that_is_rolled_back_is_told_to_nobody(on_postgres: Database) -> None:
    heard: list[str] = []
    listener = Listener(_engine_of(on_postgres), look_s=3600)
    with listener.watch("one") as watch:
        await watch.wait()  # it is woken once when the listening begins
        with pytest.raises(ZeroDivisionError):
            await notify_and_fail(on_postgres)
        waiting = asyncio.create_task(watch.wait())
        waiting.add_done_callback(lambda _task: heard.append("woken"))
        await asyncio.sleep(0.2)
        assert heard == []
        await Events(on_postgres).append_event("one", "mix.finished", {})
        await asyncio.wait_for(waiting, 20)
    await listener.close()


async def test_followers_outlast_a_server_that_dies_and_hear_what_comes_after() -> None:
    with own_server() as server:
        address = server.new_database().replace("postgresql:", "postgresql+asyncpg:")
        database = Database(address)
        await migrate(database)
        await Songs(database).create_song("one", "lofi", 1)
        events = Events(database)
        follower = asyncio.create_task(collect(events))
        await events.append_event("one", "mix.started", {})
        await asyncio.to_thread(server.kill)
        await asyncio.sleep(0.2)
        await asyncio.to_thread(server.start)
        await events.append_event("one", "song.delivered", {})
        assert len(await asyncio.wait_for(follower, 30)) == 2
        await database.close()


async def test_a_follower_gives_up_on_a_database_that_stays_away() -> None:
    with own_server() as server:
        database = Database(server.new_database().replace("postgresql:", "postgresql+asyncpg:"))
        await migrate(database)
        await asyncio.to_thread(server.stop)
        events = Events(database, NeverWoken(), patience_s=0.0)
        database._limits = type(database._limits)(retry_s=0.0)
        with pytest.raises(ServiceUnavailable):
            await collect(events)
        await database.close()


async def test_songs_that_are_written_at_the_same_time_do_not_wait_for_each_other(on_postgres: Database) -> None:
    await Songs(on_postgres).create_song("two", "lofi", 1)
    async with on_postgres.writing() as connection:
        await on_postgres.take_turns(connection, 4_117_093, "one")
        await asyncio.wait_for(Events(on_postgres).append_event("two", "mix.finished", {}), 20)


_LISTENING = "FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()"


async def _listeners(database: Database) -> int:
    async with database.reading() as connection:
        return int(await connection.scalar(text(f"SELECT count(*) {_LISTENING}")) or 0)


async def _until_listeners(database: Database, count: int) -> None:
    while await _listeners(database) != count:
        await asyncio.sleep(0.02)


def _engine_of(database: Database):  # type: ignore[no-untyped-def]
    listener = database.wakeup
    assert isinstance(listener, Listener)
    return listener._engine
