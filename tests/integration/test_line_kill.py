"""Whatever is killed in the middle of a song, the song finishes, once, and sounds the same."""

import hashlib
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from command import Command

pytestmark = pytest.mark.integration

PROMPT = "synthwave, 100 bpm, 30 seconds"


def finish(process: subprocess.Popen[str]) -> dict[str, object]:
    output, complaints = process.communicate(timeout=250)
    assert process.returncode == 0, output + complaints
    assert output, complaints
    song: dict[str, object] = json.loads(output)
    return song


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The master of the same song when nobody kills anything."""
    folder = tmp_path_factory.mktemp("undisturbed")
    Command(folder / "data").make(PROMPT, folder / "song", "--seed", "7")
    return sha256(folder / "song" / "master.flac")


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("victims", "moment"),
    [(("worker", "temporal"), "render.progress"), (("worker",), "mix.started"), (("temporal",), "render.progress")],
)
def test_a_song_survives_the_death_of_worker_and_server(
    alone: Command, tmp_path: Path, undisturbed: str, victims: tuple[str, ...], moment: str
) -> None:
    process = alone.start("make", PROMPT, "--seed", "7", "--out", str(tmp_path / "song"), "--json")
    alone.wait_until(lambda: moment in alone.events(), f"the first {moment}")
    pids = alone.runtime()["child_pids"]
    for victim in victims:
        os.kill(pids[victim], signal.SIGKILL)
    finish(process)
    assert sha256(tmp_path / "song" / "master.flac") == undisturbed
    assert alone.events().count("song.delivered") == 1
    assert alone.events().count("judge.finished") == 1


@pytest.mark.timeout(400)
def test_a_song_survives_the_death_of_its_supervisor(alone: Command, tmp_path: Path, undisturbed: str) -> None:
    process = alone.start("make", PROMPT, "--seed", "7", "--out", str(tmp_path / "song"), "--json")
    alone.wait_until(lambda: "render.progress" in alone.events(), "the first stem")
    os.kill(alone.runtime()["supervisor_pid"], signal.SIGKILL)
    finish(process)
    assert sha256(tmp_path / "song" / "master.flac") == undisturbed
    assert alone.events().count("song.delivered") == 1


def test_ctrl_c_cancels_the_song_and_leaves_nothing(alone: Command, tmp_path: Path) -> None:
    process = alone.start("make", PROMPT, "--seed", "7", "--out", str(tmp_path / "out" / "song"), "--json")
    alone.wait_until(lambda: "render.started" in alone.events(), "a composed score")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=90)
    assert process.returncode == 130
    assert not (tmp_path / "out").exists()
    listed = alone.run("songs", "--json")
    assert listed.returncode == 0, listed.stderr
    assert json.loads(listed.stdout)[0]["status"] == "cancelled"
    assert [path for path in (alone.data / "objects" / "audio").rglob("*") if path.is_file()] == []
    alone.wait_until(lambda: not alone.processes(), "everything that was started has stopped")
