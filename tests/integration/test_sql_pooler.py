"""PostgreSQL behind a pooler that lends connections by the transaction: told by `?statement_cache_size=0`."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from builders.databases import Databases
from builders.postgres_server import OwnServer, free_port, own_server, unprivileged
from sqlalchemy import text

from aurax.adapters.sql.database import Database
from aurax.adapters.sql.events import Events
from aurax.adapters.sql.listening import Poll
from aurax.adapters.sql.migrate import make_ready, migrate
from aurax.adapters.sql.songs import Songs
from aurax.errors import InvalidOption

pytestmark = pytest.mark.integration

SONGS, EVENTS_EACH = 6, 20


@pytest.fixture
def address(databases: Databases) -> Iterator[str]:
    """A migrated database on PostgreSQL itself."""
    address = databases.migrated("postgresql")
    yield address
    databases.drop(address)


async def write_and_follow(database: Database) -> list[int]:
    """How many events each of several followers got."""
    songs, events = Songs(database), Events(database)
    for number in range(SONGS):
        await songs.create_song(f"song{number}", "lofi", 1)

    async def follow(song_id: str) -> int:
        return len([event async for event in events.follow(song_id)])

    async def write(song_id: str) -> None:
        for number in range(EVENTS_EACH - 1):
            await events.append_event(song_id, "stem.rendered", {}, once=str(number))
        await events.append_event(song_id, "song.delivered", {})

    names = [f"song{number}" for number in range(SONGS)]
    followers = [asyncio.create_task(follow(name)) for name in names]
    await asyncio.gather(*(write(name) for name in names))
    return list(await asyncio.gather(*followers))


async def test_limits_are_set_in_every_transaction_because_a_pooler_refuses_them_before(address: str) -> None:
    database = Database(f"{address}?statement_cache_size=0")
    asked = text("SELECT current_setting('statement_timeout'), current_setting('lock_timeout')")
    for _ in range(2):
        async with database.reading() as reading:
            assert tuple((await reading.execute(asked)).one()) == ("30s", "10s")
    async with database.writing() as writing:
        assert tuple((await writing.execute(asked)).one()) == ("30s", "10s")
    await database.close()


async def test_followers_look_where_listening_is_not_possible(address: str) -> None:
    database = Database(f"{address}?statement_cache_size=0")
    assert isinstance(database.wakeup, Poll)
    assert await write_and_follow(database) == [EVENTS_EACH] * SONGS
    await database.close()


@pytest.fixture
def pooler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, OwnServer]]:
    """PgBouncer with three connections to a server, and that server."""
    program = shutil.which("pgbouncer")
    if program is None:
        pytest.skip("PgBouncer is not installed")
    with own_server() as server:
        database, port = urlsplit(server.new_database()), free_port()
        folder = server.folder / "pooler"
        folder.mkdir()
        (folder / "users").write_text(f'"{database.username}" "{database.password}"\n')
        (folder / "settings").write_text(
            f"[databases]\n* = host=127.0.0.1 port={server.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
            f"listen_port = {port}\nauth_type = plain\nauth_file = {folder / 'users'}\npool_mode = transaction\n"
            "default_pool_size = 3\nunix_socket_dir =\n"
        )
        if os.geteuid() == 0:
            for place in (folder, *folder.iterdir()):
                os.chown(place, pwd.getpwnam("nobody").pw_uid, -1)
        with (server.folder / "pooler.log").open("wb") as log:
            process = subprocess.Popen(
                [program, str(folder / "settings")], stdout=log, stderr=log, preexec_fn=unprivileged(signal.SIGKILL)
            )
        address = f"postgresql://{database.username}:{database.password}@127.0.0.1:{port}{database.path}"
        try:
            _wait_until_it_answers(port, server.folder / "pooler.log")
            yield address.replace("postgresql:", "postgresql+asyncpg:"), server
        finally:
            process.kill()
            process.wait()


def _wait_until_it_answers(port: int, log: Path) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"PgBouncer does not answer: {log.read_text()}")


async def test_everything_works_through_pgbouncer_with_fewer_connections_than_work(
    pooler: tuple[str, OwnServer],
) -> None:
    address, server = pooler
    database = Database(f"{address}?statement_cache_size=0")
    assert await migrate(database) is True
    assert await write_and_follow(database) == [EVENTS_EACH] * SONGS
    counted = server.execute("SELECT count(*) FROM pg_stat_activity WHERE datname LIKE 'aurax_test%'")
    assert counted[0]["count"] <= 3
    await database.close()


async def test_a_pooler_that_is_not_told_as_such_says_what_to_add(pooler: tuple[str, OwnServer]) -> None:
    database = Database(pooler[0])
    with pytest.raises(InvalidOption, match="statement_cache_size=0"):
        await make_ready(database)
    await database.close()
