"""A song that was asked for can be had: continued, joined, collected later, or made again."""

import hashlib
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from command import Command

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

PROMPT = "ambient, 10 seconds"


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def listed(command: Command) -> list[dict[str, Any]]:
    done = command.run("songs", "--json")
    assert done.returncode == 0, done.stderr
    songs: list[dict[str, Any]] = json.loads(done.stdout)
    return songs


def resumed(command: Command, song_id: str, out: Path) -> dict[str, Any]:
    done = command.run("resume", song_id[:8], "--out", str(out), "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    song: dict[str, Any] = json.loads(done.stdout)
    return song


def test_a_song_whose_command_was_killed_is_continued_and_a_forgotten_one_is_cancelled(
    alone: Command, tmp_path: Path
) -> None:
    process = alone.start("make", PROMPT, "--seed", "3", "--out", str(tmp_path / "out" / "first"))
    alone.wait_until(lambda: "compose.started" in alone.events(), "composing")
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    alone.wait_until(lambda: not alone.processes(), "the servers have stopped")
    assert [song["state"] for song in listed(alone)] == ["abandoned"]
    assert not (tmp_path / "out").exists()
    first = listed(alone)[0]["id"]

    forgotten = alone.start("make", "deep house, 4 minutes", "--out", str(tmp_path / "out" / "forgotten"))
    alone.wait_until(lambda: len(listed(alone)) == 2, "a second song")
    os.kill(forgotten.pid, signal.SIGKILL)
    forgotten.communicate()
    alone.wait_until(lambda: not alone.processes(), "the servers have stopped")

    song = resumed(alone, first, tmp_path / "had")
    assert song["id"] == first
    states = {one["prompt"]: (one["state"], one["collected_to"]) for one in listed(alone)}
    assert states[PROMPT] == ("collected", str(tmp_path / "had"))
    assert states["deep house, 4 minutes"][0] == "cancelled"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "had"]

    again = resumed(alone, first, tmp_path / "had again")
    assert again["id"] == first
    for path in (tmp_path / "had").rglob("*"):
        if path.is_file():
            assert sha256(path) == sha256(tmp_path / "had again" / path.relative_to(tmp_path / "had"))


def test_a_finished_song_whose_place_was_taken_is_kept_and_can_be_fetched(served: Command, tmp_path: Path) -> None:
    out = tmp_path / "song"
    process = served.start("make", PROMPT, "--seed", "4", "--out", str(out), "--json")
    served.wait_until(out.is_dir, "the name is claimed")
    (out / "mine.txt").write_text("mine")
    output, _ = process.communicate(timeout=250)
    assert process.returncode == 1
    error = json.loads(output)["error"]
    assert [path.name for path in out.iterdir()] == ["mine.txt"]
    song = listed(served)[0]
    assert song["state"] == "finished"
    assert f"aurax resume {song['id'][:8]} --out DIR" in error["fix"]
    resumed(served, song["id"], tmp_path / "elsewhere")
    assert (tmp_path / "elsewhere" / "master.flac").is_file()
    assert listed(served)[0]["collected_to"] == str(tmp_path / "elsewhere")


def test_a_cancelled_song_is_made_again_when_it_is_resumed(served: Command, tmp_path: Path) -> None:
    before = served.events().count("intent.started")
    process = served.start("make", "ambient, 2 minutes", "--seed", "5", "--out", str(tmp_path / "song"))
    served.wait_until(lambda: served.events().count("intent.started") > before, "it is read")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=90)
    song = listed(served)[0]
    assert song["state"] == "cancelled"
    resumed(served, song["id"], tmp_path / "song")
    assert listed(served)[0]["state"] == "collected"
    assert served.events(song["id"]).count("song.delivered") == 1
    assert "song.cancelled" not in served.events(song["id"])


def test_nobody_else_can_read_the_data_folder(served: Command, tmp_path: Path) -> None:
    served.make(PROMPT, tmp_path / "song", "--seed", "6")
    open_to_others = [path for path in (served.data, *served.data.rglob("*")) if path.lstat().st_mode & 0o077]
    assert [path for path in open_to_others if not path.is_symlink()] == []
    assert (served.data / "temporal.db").is_file()
