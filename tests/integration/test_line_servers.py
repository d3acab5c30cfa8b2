"""The servers behind a song: killed while they start, with a damaged file, with their port taken."""

import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import Command

pytestmark = pytest.mark.integration

PROMPT = "lofi, 10 seconds"


@pytest.fixture(scope="module")
def sound_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Temporal server's file after it ran and was closed."""
    command = Command(tmp_path_factory.mktemp("sound") / "data")
    with up(command):
        command.wait_until(command.runtime, "the servers are up")
    file = command.data / "temporal.db"
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=DELETE")
    return file


@contextlib.contextmanager
def up(command: Command, *options: str) -> Iterator[subprocess.Popen[str]]:
    process = command.start("up", *options)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=60)


def error_of(process: subprocess.CompletedProcess[str]) -> dict[str, str]:
    assert process.returncode == 1, process.stdout + process.stderr
    error: dict[str, str] = json.loads(process.stdout)["error"]
    return error


def damage(file: Path, how: str) -> None:
    content = bytearray(file.read_bytes())
    if how == "random":
        content[:] = os.urandom(len(content))
    elif how == "random inside":
        content[40_000:60_000] = os.urandom(20_000)
    elif how == "truncated":
        del content[30_000:]
    elif how == "zeroed pages":
        content[4096 * 2 : 4096 * 12] = bytes(4096 * 10)
    elif how == "text":
        content[:] = b"this is no database"
    elif how == "another database":
        file.unlink()
        with contextlib.closing(sqlite3.connect(file)) as connection:
            connection.execute("CREATE TABLE birds (name TEXT)")
        return
    file.write_bytes(content)


@pytest.mark.parametrize("how", ["random", "random inside", "truncated", "zeroed pages", "text", "another database"])
def test_a_damaged_temporal_database_is_told_at_once_with_its_name(
    alone: Command, tmp_path: Path, sound_database: Path, how: str
) -> None:
    alone.data.mkdir()
    shutil.copy(sound_database, alone.data / "temporal.db")
    damage(alone.data / "temporal.db", how)
    began = time.monotonic()
    error = error_of(alone.run("make", PROMPT, "--out", str(tmp_path / "song"), "--json"))
    assert time.monotonic() - began < 30
    assert error["kind"] == "CorruptData"
    assert str(alone.data / "temporal.db") in error["expected"]
    assert "move that file away" in error["fix"]
    assert "expected" not in error["found"]
    assert "Traceback" not in error["found"]
    assert not (tmp_path / "song").exists()


def test_a_folder_in_the_place_of_the_temporal_database_is_told_at_once(alone: Command, tmp_path: Path) -> None:
    (alone.data / "temporal.db").mkdir(parents=True)
    error = error_of(alone.run("make", PROMPT, "--out", str(tmp_path / "song"), "--json"))
    assert error["kind"] == "CorruptData"
    assert error["found"] == "a folder"


def test_an_empty_file_holds_nothing_and_is_replaced(alone: Command) -> None:
    alone.data.mkdir()
    (alone.data / "temporal.db").touch()
    with up(alone):
        alone.wait_until(alone.runtime, "the servers are up")
    assert (alone.data / "temporal.db").stat().st_size > 0


def test_a_temporal_server_killed_again_and_again_while_it_starts_comes_up(alone: Command) -> None:
    with up(alone) as process:
        killed: set[int] = set()
        deadline = time.monotonic() + 60
        while len(killed) < 5 and time.monotonic() < deadline:
            for pid in alone.processes():
                program = Path(f"/proc/{pid}/cmdline")
                with contextlib.suppress(OSError):
                    if pid not in killed and b"start-dev" in program.read_bytes():
                        time.sleep(0.04 * len(killed))
                        os.kill(pid, signal.SIGKILL)
                        killed.add(pid)
        assert len(killed) == 5
        alone.wait_until(alone.runtime, "the servers are up")
        assert process.poll() is None
        assert alone.runtime()["child_pids"]["temporal"] not in killed


def test_a_server_whose_remembered_port_was_taken_moves_to_another_and_the_worker_follows(alone: Command) -> None:
    with up(alone) as process:
        alone.wait_until(alone.runtime, "the servers are up")
        before = alone.runtime()
        port = int(before["temporal_address"].rpartition(":")[2])
        os.kill(before["child_pids"]["temporal"], signal.SIGKILL)
        with socket.socket() as thief:
            thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            alone.wait_until(lambda: _took(thief, port), "the port is taken")
            alone.wait_until(
                lambda: (
                    alone.runtime().get("temporal_address") not in (None, before["temporal_address"])
                    and alone.runtime()["child_pids"].get("worker") not in (None, before["child_pids"]["worker"])
                ),
                "the servers have moved",
            )
            assert process.poll() is None


def _took(thief: socket.socket, port: int) -> bool:
    try:
        thief.bind(("127.0.0.1", port))
        thief.listen()
    except OSError:
        return False
    return True


def test_a_remembered_port_that_another_program_has_is_left_to_it(alone: Command) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        (alone.data / "run").mkdir(parents=True)
        (alone.data / "run" / "temporal.port").write_text(str(port))
        with up(alone):
            alone.wait_until(alone.runtime, "the servers are up")
            assert not alone.runtime()["temporal_address"].endswith(f":{port}")


def test_a_wanted_port_that_is_taken_is_an_error(alone: Command) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = alone.run("up", "--temporal-port", str(port))
    assert done.returncode == 1
    assert f"port {port} to be free" in done.stderr
    assert "Traceback" not in done.stderr
