"""Whole songs on PostgreSQL and S3: the same as on one machine, and whatever is killed."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from builders.postgres_server import fetch_rows
from builders.production import Production, production_servers
from command import Command

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

PROMPT = "ambient, 8 seconds"


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    with production_servers(tmp_path_factory.mktemp("s3")) as servers:
        yield servers


@pytest.fixture
def command(production: Production, tmp_path: Path) -> Command:
    """A machine with nothing on it, and places of its own on the servers."""
    return Command(tmp_path / "data", production.place())


@pytest.fixture(scope="module")
def on_one_machine(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The hash of the same song's master, made with a file and a folder."""
    folder = tmp_path_factory.mktemp("alone")
    Command(folder / "data").make(PROMPT, folder / "song", "--seed", "5")
    return sha256(folder / "song" / "master.flac")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def start(command: Command, out: Path) -> subprocess.Popen[str]:
    return command.start("make", PROMPT, "--seed", "5", "--out", str(out), "--json")


def finish(process: subprocess.Popen[str]) -> dict[str, Any]:
    output, complaints = process.communicate(timeout=250)
    assert process.returncode == 0, output + complaints
    song: dict[str, Any] = json.loads(output)
    return song


def needed_keys(command: Command) -> list[str]:
    """Keys that the database refers to."""
    rows = fetch_rows(command.environment["AURAX_DATABASE_URL"], "SELECT DISTINCT key FROM assets ORDER BY key")
    return [row["key"] for row in rows]


def test_a_song_is_the_same_to_the_bit_and_another_machine_can_have_it(
    production: Production, command: Command, tmp_path: Path, on_one_machine: str
) -> None:
    song = finish(start(command, tmp_path / "song"))
    assert sha256(tmp_path / "song" / "master.flac") == on_one_machine
    assert needed_keys(command) == production.stored(dict(command.environment))
    elsewhere = Command(tmp_path / "elsewhere", command.environment)
    assert elsewhere.run("resume", song["id"][:8], "--out", str(tmp_path / "again")).returncode == 0
    assert sha256(tmp_path / "again" / "master.flac") == on_one_machine


Kill = Callable[[Production, Command], None]


def worker_and_temporal(_production: Production, command: Command) -> None:
    for name in ("worker", "temporal"):
        os.kill(command.runtime()["child_pids"][name], signal.SIGKILL)


def database(production: Production, _command: Command) -> None:
    production.postgres.kill()
    time.sleep(1)
    production.postgres.start()


def store(production: Production, _command: Command) -> None:
    production.s3.kill()
    time.sleep(1)
    production.s3.start()


@pytest.mark.parametrize(
    ("kill", "moment"),
    [(worker_and_temporal, "render.progress"), (database, "render.progress"), (store, "render.started")],
)
def test_a_song_survives_the_death_of_what_it_needs(
    production: Production, command: Command, tmp_path: Path, on_one_machine: str, kill: Kill, moment: str
) -> None:
    process = start(command, tmp_path / "song")
    command.wait_until(lambda: moment in command.events(), f"the first {moment}")
    kill(production, command)
    finish(process)
    assert sha256(tmp_path / "song" / "master.flac") == on_one_machine
    assert command.events().count("song.delivered") == 1
    assert needed_keys(command) == production.stored(dict(command.environment))


def test_a_cancelled_song_leaves_nothing_in_the_bucket(
    production: Production, command: Command, tmp_path: Path
) -> None:
    process = start(command, tmp_path / "out" / "song")
    command.wait_until(lambda: "render.started" in command.events(), "a composed score")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=90)
    assert process.returncode == 130
    assert not (tmp_path / "out").exists()
    assert [key for key in production.stored(dict(command.environment)) if key.startswith("audio/")] == []
    assert json.loads(command.run("songs", "--json").stdout)[0]["status"] == "cancelled"


def test_without_an_upgraded_database_nothing_is_started(production: Production, tmp_path: Path) -> None:
    command = Command(tmp_path / "data", production.place(upgraded=False))
    done = command.run("make", PROMPT, "--out", str(tmp_path / "song"), "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["fix"] == "run 'aurax db upgrade'"
    assert not (tmp_path / "song").exists()
    command.wait_until(lambda: not command.processes(), "everything that was started has stopped")
