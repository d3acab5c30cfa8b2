"""A conversation with `aurax session`, on real servers."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from command import Command

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

PROMPT = "lofi, 84 bpm, 12 seconds"


def talk(command: Command, *arguments: str, told: str = "") -> tuple[list[dict[str, Any]], int]:
    """What a conversation tells a program, without the progress, and its exit status."""
    process = command.start("session", *arguments, "--json", told=told or "\n")
    output, complaints = process.communicate(timeout=250)
    assert output, complaints
    lines = [json.loads(line) for line in output.splitlines()]
    return [line for line in lines if line["kind"] != "progress"], process.returncode


def shown(command: Command, session: str) -> dict[str, Any]:
    done = command.run("session", "show", session, "--json")
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def standing(state: dict[str, Any]) -> list[tuple[str, str | None, str]]:
    return [(one["version"], one["parent"], one["status"]) for one in state["versions"]]


def test_a_conversation_through_a_pipe_and_coming_back_after_it_was_closed(served: Command, tmp_path: Path) -> None:
    lines = ["brighter, and flurb", "/undo", "/vers", "/rate 4 lovely", "/name best one", "/close"]
    out = tmp_path / "versions"
    told, status = talk(served, PROMPT, "--seed", "3", "--out", str(out), told="\n".join(lines))
    assert status == 1  # one command was none
    kinds = [(one["kind"], one.get("done") or one.get("version")) for one in told]
    assert kinds == [
        ("session", None), ("understood", None), ("answer", "asked"), ("delivered", "v1"),
        ("answer", "version"), ("delivered", "v2"), ("answer", "undone"), ("error", None), ("answer", "rated"),
        ("answer", "named"), ("end", None),
    ]  # fmt: skip
    assert told[4]["sentences"] == ['"brighter": done.', "I did not understand 'flurb'; say it another way."]
    assert told[7]["error"]["fix"].startswith("did you mean /versions?")
    assert told[-1]["closed"] is True
    for version in ("v1", "v2"):
        assert (out / version / "master.flac").stat().st_size > 100_000
        assert (out / version / "song.json").is_file()

    session = told[0]["session"]
    state = shown(served, session[:8])
    assert standing(state) == [("best one", None, "delivered"), ("v2", "best one", "delivered")]
    assert (state["open"], state["current"], state["versions"][0]["rating"]) == (False, "best one", 4)
    assert state["versions"][1]["folder"] == str(out / "v2")
    listed = json.loads(served.run("session", "list", "--json").stdout)
    assert [(one["id"], one["versions"], one["open"]) for one in listed] == [(session, 2, False)]

    told, status = talk(served, "open", session[:8], "--out", str(out), told="brighter")
    assert status == 0
    assert [one["folder"] for one in told if one["kind"] == "delivered"] == [str(out / "v3")]
    assert standing(shown(served, session))[-1] == ("v3", "best one", "delivered")

    closed = served.run("session", "close", session[:8])
    assert closed.returncode == 0, closed.stderr
    again = served.run("session", "close", session[:8], "--json")
    assert json.loads(again.stdout)["error"]["expected"] == "an open session"


def test_what_is_killed_in_the_middle_of_a_song_loses_nothing(alone: Command, tmp_path: Path) -> None:
    out = tmp_path / "versions"
    process = alone.start("session", PROMPT, "--seed", "3", "--out", str(out), told="brighter\n")
    alone.wait_until(lambda: "render.started" in alone.events(), "the song is played")
    os.kill(process.pid, signal.SIGKILL)
    os.kill(alone.runtime()["supervisor_pid"], signal.SIGKILL)
    process.communicate()
    alone.wait_until(lambda: not alone.processes(), "the servers have stopped")
    assert not out.exists()
    listed = json.loads(alone.run("session", "list", "--json").stdout)
    assert [one["open"] for one in listed] == [True]
    songs = json.loads(alone.run("songs", "--json").stdout)
    assert [(song["state"], song["version"]) for song in songs] == [("waiting", "v1")]

    told, status = talk(alone, "open", listed[0]["id"][:8], "--out", str(out), told="/close")
    assert (status, told[-1]["closed"]) == (0, True)
    assert [one["folder"] for one in told if one["kind"] == "delivered"] == [str(out / "v1")]
    assert (out / "v1" / "master.flac").is_file()
    assert alone.events().count("song.delivered") == 1
    alone.wait_until(lambda: not alone.processes(), "everything that was started has stopped")


def test_a_session_whose_temporal_file_is_lost_is_opened_again_from_the_database(
    alone: Command, tmp_path: Path
) -> None:
    out = tmp_path / "versions"
    process = alone.start("session", PROMPT, "--seed", "3", "--out", str(out), "--json")
    alone.wait_until(lambda: "render.started" in alone.events(), "the song is played")
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert json.loads(output.splitlines()[-1])["closed"] is False
    alone.wait_until(lambda: not alone.processes(), "the servers have stopped")
    for path in alone.data.glob("temporal.db*"):
        path.unlink()
    session = json.loads(output.splitlines()[0])["session"]
    told, status = talk(alone, "open", session, "--out", str(out))
    assert status == 0
    assert [(one["kind"], one["version"]) for one in told if "song_id" in one] == [("delivered", "v1")]
    assert (out / "v1" / "master.flac").is_file()
