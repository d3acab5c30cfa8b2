"""What holds for all tests."""

from collections.abc import AsyncIterator, Iterator

import pytest
from builders.databases import KINDS, Databases
from builders.postgres_server import GivenServer, postgres_server

from aurax.adapters.local.openmp import wait_asleep
from aurax.adapters.sql.database import Database

wait_asleep()  # two test processes share two cores; torch must not be imported before this


@pytest.fixture(scope="session")
def postgres() -> Iterator[GivenServer]:
    """One PostgreSQL server for all tests of this process; each test makes its own database there."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """Makes databases of both kinds; the PostgreSQL server starts when the first of its kind is wanted."""
    return Databases(tmp_path_factory.mktemp("databases"), lambda: request.getfixturevalue("postgres"))


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    """A test that asks for it, or for what is made from it, runs on SQLite and on PostgreSQL."""
    kind: str = request.param
    return kind


@pytest.fixture
def empty_address(databases: Databases, database_kind: str) -> Iterator[str]:
    """The address of a database without tables."""
    address = databases.empty(database_kind)
    yield address
    databases.drop(address)


@pytest.fixture
def database_address(databases: Databases, database_kind: str) -> Iterator[str]:
    """The address of a database with tables and without rows."""
    address = databases.migrated(database_kind)
    yield address
    databases.drop(address)


@pytest.fixture
async def database(database_address: str) -> AsyncIterator[Database]:
    """A database with tables and without rows."""
    database = Database(database_address)
    yield database
    await database.close()
