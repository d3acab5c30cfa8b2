from collections.abc import Iterator
from pathlib import Path

import pytest
from command import Command


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


@pytest.fixture
def alone(tmp_path: Path) -> Command:
    """An empty data folder on which nothing runs."""
    return Command(tmp_path / "data")
