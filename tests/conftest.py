"""What holds for all tests."""

from collections.abc import Iterator

import pytest
from builders.postgres_server import GivenServer, postgres_server

from aurax.adapters.local.openmp import wait_asleep

wait_asleep()  # two test processes share two cores; torch must not be imported before this


@pytest.fixture(scope="session")
def postgres() -> Iterator[GivenServer]:
    """One PostgreSQL server for all tests of this process; each test makes its own database there."""
    with postgres_server() as server:
        yield server
