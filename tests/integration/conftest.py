import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from builders.s3_server import S3Server, s3_server
from builders.temporal import ephemeral_server
from command import Command
from places import place_of
from sealed import SEALED
from temporalio.client import Client


@pytest.fixture(scope="module", autouse=True)
def own_place(request: pytest.FixtureRequest) -> Iterator[None]:
    """A database and a bucket for each file of tests, for what works in their own process, if that is asked for."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in place_of(request.path).items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """A data folder on which `aurax up` runs."""
    command = Command(tmp_path_factory.mktemp("served") / "data")
    process = command.start("up")
    try:
        command.wait_until(command.runtime, "the servers are up")
        yield command
    finally:
        process.terminate()
        process.communicate(timeout=60)


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """An S3 server for all tests of this process that do not hurt it; it has one bucket."""
    with s3_server(tmp_path_factory.mktemp("s3") / "buckets") as server:
        yield server


@pytest.fixture
def s3_url(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a folder of one's own on that server, whose keys are in the environment."""
    for name, value in s3.environment().items():
        monkeypatch.setenv(name, value)
    return f"s3://bucket/{uuid.uuid4().hex}"


@pytest.fixture
def alone(tmp_path: Path) -> Command:
    """An empty data folder on which nothing runs."""
    return Command(tmp_path / "data")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client() -> AsyncIterator[Client]:
    """A client, with the key of the tests, of a Temporal server that keeps nothing."""
    async with ephemeral_server(SEALED) as connected:
        yield connected
