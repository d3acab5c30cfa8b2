"""What a worker tells while it makes a real song."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from command import Command

pytestmark = pytest.mark.integration

PROMPT = "zebra moonlight lo-fi for grandmother, 84 bpm, 5 seconds"
WORDS = ("zebra", "moonlight", "grandmother")
SECRETS = {"AWS_SECRET_ACCESS_KEY": "hush-store", "TEMPORAL_API_KEY": "hush-cloud", "MODAL_TOKEN_SECRET": "hush-modal"}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """The command on a data folder in which one song was made."""
    folder = tmp_path_factory.mktemp("told")
    told = {**SECRETS, "AURAX_LOG_FORMAT": "json", "AURAX_LOG_LEVEL": "debug"}
    command = Command(folder / "data", told)
    command.make(PROMPT, folder / "song")
    return command


def log_lines(command: Command) -> list[dict[str, Any]]:
    """The worker's log."""
    return [json.loads(line) for line in worker_log(command).read_text().splitlines()]


def worker_log(command: Command) -> Path:
    return command.data / "logs" / "worker.log"


def test_every_line_of_a_workers_log_is_json_with_a_moment_and_a_level(told: Command) -> None:
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in log_lines(told))


def test_every_activity_is_logged_with_song_workflow_and_run(told: Command) -> None:
    ended = [line for line in log_lines(told) if line["message"] == "activity ended"]
    assert {line["stage"] for line in ended} == {"intent", "compose", "render", "mix", "master", "judge", "deliver"}
    assert len({line["song"] for line in ended}) == 1
    assert all(line["workflow"].startswith(f"song-{line['song']}") and line["run"] for line in ended)
    assert {line["take"] for line in ended if line["stage"] == "mix"} == {1}


def test_logs_hold_neither_words_of_the_prompt_nor_a_secret(told: Command) -> None:
    text = "".join(log.read_text().lower() for log in sorted((told.data / "logs").glob("*.log")))
    key = (told.data / "payload.key").read_bytes()
    secrets = [*SECRETS.values(), key.hex(), b64encode(key).decode().lower()]
    assert [word for word in (*WORDS, *secrets) if word in text] == []
