"""Nobody waits in silence: what cannot go on is told within a minute of its cause, and what hangs is replaced."""

import base64
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import Command

from aurax.adapters.local.temporal_server import temporal_program

pytestmark = pytest.mark.integration

PROMPT = "lofi, 10 seconds"
KEY = base64.b64encode(bytes(32)).decode()


@pytest.fixture
def hasty(alone: Command) -> Command:
    """A data folder on which silence is borne for three seconds only."""
    return alone.with_environment(AURAX_SILENCE_S="3")


def refused(command: Command, out: Path, within_s: float = 60.0) -> tuple[dict[str, str], str]:
    """The error of a song that cannot be made, and what was said meanwhile."""
    began = time.monotonic()
    done = command.run("make", PROMPT, "--out", str(out), "--json")
    assert time.monotonic() - began < within_s, done.stdout + done.stderr
    assert done.returncode == 1, done.stdout + done.stderr
    assert not out.exists()
    error: dict[str, str] = json.loads(done.stdout)["error"]
    assert "Traceback" not in error["found"]
    assert "expected" not in error["found"]
    return error, done.stderr


def shadow(folder: Path, name: str, source: str) -> str:
    """A value of PYTHONPATH with which a package is replaced."""
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").write_text(source)
    return os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)


def test_a_wrong_store_is_told_at_once_by_the_worker_s_own_words(alone: Command, tmp_path: Path) -> None:
    error, _ = refused(alone.with_environment(AURAX_OBJECTS_URL="nosuch://place"), tmp_path / "song", 30)
    assert error["kind"] == "InvalidOption"
    assert "AURAX_OBJECTS_URL" in error["expected"]
    assert "nosuch://place" in error["found"]


def test_a_store_that_does_not_answer_is_told_by_its_name(alone: Command, tmp_path: Path) -> None:
    broken = alone.with_environment(
        AURAX_OBJECTS_URL="s3://songs",
        AURAX_START_S="15",
        AWS_ENDPOINT="http://127.0.0.1:1",
        AWS_ALLOW_HTTP="true",
        AWS_REGION="eu-west-1",
        AWS_ACCESS_KEY_ID="somebody",
        AWS_SECRET_ACCESS_KEY="something",
    )
    error, _ = refused(broken, tmp_path / "song")
    assert "s3://songs" in error["expected"] + error["found"]
    assert "AURAX_OBJECTS_URL" in error["fix"]


def test_a_package_that_is_missing_in_the_worker_is_told_by_its_name(alone: Command, tmp_path: Path) -> None:
    path = shadow(tmp_path / "shadow", "obstore", "raise ModuleNotFoundError(\"No module named 'obstore'\")")
    error, _ = refused(alone.with_environment(PYTHONPATH=path), tmp_path / "song", 30)
    assert error["kind"] == "MissingExtra"
    assert "obstore" in error["found"]


def test_a_broken_plug_in_is_told_by_its_name(alone: Command, tmp_path: Path) -> None:
    path = shadow(tmp_path / "shadow", "broken_brass", "raise RuntimeError('no mouthpiece')")
    described = tmp_path / "shadow" / "broken_brass-1.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-brass\nVersion: 1.0\n")
    (described / "entry_points.txt").write_text("[aurax.instruments]\nbrass = broken_brass\n")
    error, _ = refused(alone.with_environment(PYTHONPATH=path), tmp_path / "song", 30)
    assert error["kind"] == "BrokenPlugin"
    assert "broken_brass" in str(error)


def test_stopped_servers_are_replaced(hasty: Command) -> None:
    process = hasty.start("up", "--no-web")
    try:
        hasty.wait_until(hasty.runtime, "the servers are up")
        stopped = hasty.runtime()["child_pids"]
        for victim in ("worker", "temporal"):
            os.kill(stopped[victim], signal.SIGSTOP)
        began = time.monotonic()
        hasty.wait_until(
            lambda: not set(stopped.values()) & set(hasty.runtime()["child_pids"].values()) and not trouble(hasty),
            "others have taken their places",
        )
        assert time.monotonic() - began < 60
        assert not set(stopped.values()) & set(hasty.processes())
        assert process.poll() is None
    finally:
        process.terminate()
        process.communicate(timeout=60)


def trouble(command: Command) -> str:
    return str(command.runtime()["trouble"])


def test_a_song_outlives_a_stopped_worker(hasty: Command, tmp_path: Path) -> None:
    process = hasty.start("make", PROMPT, "--seed", "7", "--out", str(tmp_path / "song"), "--json")
    hasty.wait_until(lambda: "compose.finished" in hasty.events(), "a composed score")
    os.kill(hasty.runtime()["child_pids"]["worker"], signal.SIGSTOP)
    output, complaints = process.communicate(timeout=140)
    assert process.returncode == 0, output + complaints
    assert hasty.events().count("song.delivered") == 1


def test_a_song_outlives_a_stopped_supervisor_whose_worker_is_stopped_too(hasty: Command, tmp_path: Path) -> None:
    process = hasty.start("make", PROMPT, "--seed", "7", "--out", str(tmp_path / "song"), "--json")
    hasty.wait_until(lambda: "compose.finished" in hasty.events(), "a composed score")
    before = hasty.runtime()
    for stopped in (before["supervisor_pid"], before["child_pids"]["worker"]):
        os.kill(stopped, signal.SIGSTOP)
    output, complaints = process.communicate(timeout=140)
    assert process.returncode == 0, output + complaints
    assert hasty.events().count("song.delivered") == 1
    hasty.wait_until(lambda: not hasty.processes(), "everything that was started has stopped")


@pytest.fixture
def foreign_temporal(tmp_path: Path) -> Iterator[str]:
    """A Temporal server of somebody else, for which no worker works."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (tmp_path / "foreign.log").open("wb") as log:
        server = subprocess.Popen(
            [temporal_program(), "server", "start-dev", "--ip", "127.0.0.1", "--port", str(port), "--headless"],
            stdout=log,
            stderr=log,
        )
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=30)


def test_a_queue_without_workers_is_shown_as_waiting_and_then_told(
    hasty: Command, tmp_path: Path, foreign_temporal: str
) -> None:
    elsewhere = hasty.with_environment(TEMPORAL_ADDRESS=foreign_temporal, AURAX_PAYLOAD_KEY=KEY)
    error, said = refused(elsewhere, tmp_path / "song")
    assert error["kind"] == "ServiceFailed"
    assert "worker" in error["expected"]
    assert foreign_temporal in error["expected"]
    assert said.splitlines().count("waiting: no worker listens on the task queue 'aurax'") == 1


def test_an_address_where_nobody_answers_is_told(hasty: Command, tmp_path: Path) -> None:
    nowhere = hasty.with_environment(TEMPORAL_ADDRESS="127.0.0.1:1", AURAX_PAYLOAD_KEY=KEY, AURAX_START_S="4")
    error, _ = refused(nowhere, tmp_path / "song")
    assert error["kind"] == "ServiceUnavailable"
    assert "127.0.0.1:1" in error["expected"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 160 MB of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("this user may not mount a disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=False)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="tmpfs is Linux's")
def test_a_data_folder_that_fills_up_during_the_song_is_told(small_disk: Path, tmp_path: Path) -> None:
    command = Command(small_disk / "data", {"AURAX_SILENCE_S": "3"})
    process = command.start("make", PROMPT, "--seed", "7", "--out", str(tmp_path / "song"), "--json")
    try:
        command.wait_until(lambda: "compose.started" in command.events(), "the song has begun")
        with contextlib.suppress(OSError), (small_disk / "ballast").open("wb", buffering=0) as ballast:
            while True:
                ballast.write(bytes(64 * 1024))
        began = time.monotonic()
        output, complaints = process.communicate(timeout=120)
        assert time.monotonic() - began < 60
        assert process.returncode == 1, output + complaints
        error = json.loads(output)["error"]
        assert error["kind"] == "StorageFull", error
        assert not (tmp_path / "song").exists()
    finally:
        process.kill()
        (small_disk / "ballast").unlink(missing_ok=True)
        command.wait_until(lambda: not command.processes(), "everything that was started has stopped")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="tmpfs is Linux's")
def test_a_full_data_folder_is_told_before_the_song(small_disk: Path, tmp_path: Path) -> None:
    (small_disk / "ballast").write_bytes(bytes(120_000_000))
    error, _ = refused(Command(small_disk / "data"), tmp_path / "song", 30)
    assert error["kind"] == "StorageFull"
    assert str(small_disk / "data") in error["found"]
