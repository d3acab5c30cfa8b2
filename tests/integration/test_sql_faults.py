"""A PostgreSQL server that refuses, dies, hangs, or is too busy: plain words, and nothing lost or half-written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
from builders.postgres_server import OwnServer, own_server
from sqlalchemy import text

from aurax.adapters.sql import database as database_module
from aurax.adapters.sql.address import Limits
from aurax.adapters.sql.database import Database
from aurax.adapters.sql.events import Events
from aurax.adapters.sql.migrate import make_ready, migrate
from aurax.adapters.sql.songs import Songs
from aurax.errors import InvalidOption, ServiceUnavailable, VersionMismatch

pytestmark = pytest.mark.integration

IMPATIENT = Limits(pool_size=2, pool_overflow=0, pool_timeout_s=0.3, lock_timeout_s=0.3, retry_s=0.0)


@pytest.fixture(scope="module")
def server() -> Iterator[OwnServer]:
    """One that may be killed; few connections, so that they can run out."""
    with own_server("max_connections=12", "superuser_reserved_connections=2") as server:
        yield server


@pytest.fixture
def address(server: OwnServer) -> Iterator[str]:
    if not server.runs:
        server.start()
    url = server.new_database()
    yield url.replace("postgresql:", "postgresql+asyncpg:")
    if server.runs:
        server.drop_database(url)


@pytest.fixture
async def patient(address: str) -> AsyncIterator[Database]:
    database = Database(address, Limits(retry_s=30.0))
    await migrate(database)
    yield database
    await database.close()


@pytest.fixture
async def impatient(patient: Database, address: str) -> AsyncIterator[Database]:
    database = Database(address, IMPATIENT)
    yield database
    await database.close()


async def run(database: Database, *statements: str) -> None:
    """In one transaction."""
    async with database.writing() as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def test_a_transaction_in_which_the_server_dies_leaves_nothing(
    server: OwnServer, patient: Database, impatient: Database
) -> None:
    await Songs(patient).create_song("before", "lofi", 1)

    async def change() -> None:
        async with impatient.writing() as connection:
            await connection.execute(text("UPDATE songs SET status = 'failed'"))
            server.kill()
            await connection.execute(text("UPDATE songs SET seed = 2"))

    with pytest.raises(ServiceUnavailable):
        await change()
    server.start()
    assert (await Songs(patient).get_song("before")).status == "making"


@pytest.mark.parametrize("how", ["kill -9", "restart"])
async def test_while_the_server_dies_and_comes_back_every_event_is_written_once(
    server: OwnServer, patient: Database, how: str
) -> None:
    await Songs(patient).create_song("one", "lofi", 1)
    events = Events(patient)

    async def write(writer: int) -> None:
        for number in range(40):
            await events.append_event("one", "stem.rendered", {}, once=f"{writer} {number}")

    async def disturb() -> None:
        for _ in range(2):
            await asyncio.sleep(0.15)
            await asyncio.to_thread(server.kill if how == "kill -9" else server.stop)
            await asyncio.sleep(0.15)
            await asyncio.to_thread(server.start)

    await asyncio.gather(disturb(), *(write(writer) for writer in range(4)))
    assert len(await events.events("one")) == 160


async def test_connections_that_were_cut_while_idle_are_replaced(server: OwnServer, patient: Database) -> None:
    await Songs(patient).create_song("one", "lofi", 1)
    await asyncio.to_thread(server.restart)
    async with patient.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM songs")) == 1


async def test_a_server_that_hangs_does_not_hold_its_users(server: OwnServer, patient: Database, address: str) -> None:
    database = Database(f"{address}?command_timeout=0.5&timeout=0.5", replace(IMPATIENT, pool_pre_ping=False))
    await Songs(database).create_song("one", "lofi", 1)
    server.suspend()
    try:
        with pytest.raises(ServiceUnavailable, match="no answer in time"):
            await Songs(database).get_song("one")
    finally:
        server.resume()
    assert (await Songs(database).get_song("one")).prompt == "lofi"
    await database.close()


async def test_too_many_connections_are_told_and_waited_for(patient: Database, address: str) -> None:
    greedy, late = Database(address, Limits(pool_size=20)), Database(address, IMPATIENT)
    held = []

    async def take_all() -> None:
        for _ in range(20):
            held.append(await greedy._engine.connect())
            await Songs(late).list_songs()
            await late.close()

    with pytest.raises(ServiceUnavailable, match="max_connections"):
        await take_all()
    waiting = asyncio.create_task(Songs(patient).list_songs())
    await asyncio.sleep(0.2)
    for connection in held:
        await connection.close()
    await greedy.close()
    assert await waiting == ()


async def test_transactions_that_wait_for_each_other_end_with_one_that_is_tried_again(patient: Database) -> None:
    for song in ("one", "two"):
        await Songs(patient).create_song(song, "lofi", 1)
    both_began = asyncio.Barrier(2)
    attempts: list[str] = []

    async def update_both(first: str, second: str) -> None:
        attempts.append(first)
        async with patient.writing() as connection:
            await connection.execute(text(f"UPDATE songs SET seed = seed + 1 WHERE id = '{first}'"))
            if len(attempts) <= 2:
                await both_began.wait()
            await connection.execute(text(f"UPDATE songs SET seed = seed + 1 WHERE id = '{second}'"))

    await asyncio.gather(
        patient.repeat(lambda: update_both("one", "two")), patient.repeat(lambda: update_both("two", "one"))
    )
    assert len(attempts) == 3
    assert [song.seed for song in await Songs(patient).list_songs()] == [3, 3]


async def test_a_lock_that_somebody_keeps_is_not_waited_for_without_end(patient: Database, impatient: Database) -> None:
    await Songs(patient).create_song("one", "lofi", 1)
    async with patient.writing() as connection:
        await connection.execute(text("SELECT id FROM songs FOR UPDATE"))
        with pytest.raises(ServiceUnavailable, match="LOCK_TIMEOUT"):
            await Songs(impatient).set_song_status("one", "failed")


async def test_a_statement_that_takes_too_long_is_ended_by_the_server(patient: Database, address: str) -> None:
    database = Database(address, replace(IMPATIENT, statement_timeout_s=0.2))
    with pytest.raises(ServiceUnavailable, match="STATEMENT_TIMEOUT"):
        await run(database, "SELECT pg_sleep(30)")
    await database.close()


async def test_a_pool_that_is_used_up_is_told(impatient: Database) -> None:
    async with impatient.reading(), impatient.reading():
        with pytest.raises(ServiceUnavailable, match="AURAX_DATABASE_POOL_SIZE"):
            await Songs(impatient).list_songs()


async def test_a_cancelled_call_gives_its_connection_back(impatient: Database) -> None:
    for _ in range(4):
        sleeping = asyncio.create_task(run(impatient, "SELECT pg_sleep(30)"))
        await asyncio.sleep(0.1)
        sleeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sleeping
    assert await Songs(impatient).list_songs() == ()


@pytest.mark.parametrize(
    ("wrong", "right", "words"),
    [
        ("aurax:not-this-one@", "", "correct user and password"),
        ("nobody:not-this-one@", "", "correct user and password"),
        ("", "/no-such-database", "createdb"),
    ],
)
async def test_an_address_that_the_server_refuses_is_told_without_its_password(
    server: OwnServer, address: str, wrong: str, right: str, words: str
) -> None:
    user, _, rest = address.partition("//")[2].partition("@")
    password = user.partition(":")[2]
    place = rest.partition("/")[0] + (right or "/" + rest.partition("/")[2])
    database = Database(f"postgresql+asyncpg://{wrong or user + '@'}{place}", Limits(retry_s=30))
    with pytest.raises(InvalidOption, match=words) as refusal:
        await make_ready(database)
    assert refusal.value.retryable is False
    assert not {password, "not-this-one"} & set(str(refusal.value).replace(":", " ").replace("@", " ").split())
    assert password not in str(refusal.value)
    await database.close()


async def test_a_server_that_is_too_old_is_refused(
    patient: Database, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "OLDEST_POSTGRESQL", 99)
    database = Database(address)
    with pytest.raises(InvalidOption, match="PostgreSQL 99 or later"):
        await make_ready(database)
    await database.close()


async def test_programs_refuse_a_database_that_nobody_upgraded(address: str) -> None:
    database = Database(address)
    with pytest.raises(VersionMismatch, match="aurax db upgrade"):
        await make_ready(database)
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")) == 0
    await database.close()


async def test_a_user_without_rights_is_told_what_is_missing(
    server: OwnServer, patient: Database, address: str
) -> None:
    owner = server.url.replace("//aurax:", "//postgres:")
    server.execute("DROP ROLE IF EXISTS guest", owner)
    server.execute("CREATE ROLE guest LOGIN PASSWORD 'guest'", owner)
    password = address.partition("aurax:")[2].partition("@")[0]
    guest = Database(address.replace(f"aurax:{password}@", "guest:guest@"))
    with pytest.raises(InvalidOption, match="grant this user"):
        await make_ready(guest)
    await guest.close()


async def test_a_read_only_copy_is_told_as_such(patient: Database, impatient: Database) -> None:
    with pytest.raises(ServiceUnavailable, match="primary"):
        await run(impatient, "SET TRANSACTION READ ONLY", "UPDATE songs SET seed = 1")


async def test_a_server_that_shuts_down_in_an_open_transaction_can_be_used_when_it_is_back(
    server: OwnServer, patient: Database
) -> None:
    async def change() -> None:
        async with patient.writing() as connection:
            await connection.execute(text("UPDATE songs SET seed = 1"))
            await asyncio.to_thread(server.stop)

    with pytest.raises(ServiceUnavailable):
        await change()
    await asyncio.to_thread(server.start)
    assert await Songs(patient).list_songs() == ()


@pytest.mark.parametrize("title", ["x" * 300, "a null \0 character"])
async def test_text_that_the_server_cannot_keep_is_told_plainly(patient: Database, title: str) -> None:
    await Songs(patient).create_song("one", "lofi", 1)
    with pytest.raises(InvalidOption, match="shorten"):
        await Songs(patient).set_song_status("one", "making", title=title)
