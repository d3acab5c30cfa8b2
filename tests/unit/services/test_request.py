from __future__ import annotations

import inspect
from typing import Any

import pytest
from pydantic import ValidationError

from aurax.adapters.cli.estimate import estimate
from aurax.adapters.cli.make import make
from aurax.adapters.cli.request_options import flag
from aurax.errors import InvalidOption, InvalidPrompt
from aurax.intent.intent import Intent
from aurax.services.request import SongRequest, option_names, parse_duration
from aurax.services.song_files import DeliveryRequest
from aurax.services.task import SongTask
from aurax.services.understand import understand


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"takes": 0}, "takes from 1 to 9; found 0"),
        ({"candidates": 9}, "candidates from 1 to 8; found 9"),
        ({"seed": -1}, "seed from 0 to"),
        ({"formats": "flac,tape"}, "formats among flac, wav, mp3, ogg; found 'tape'"),
        ({"formats": 3}, "formats among flac, wav, mp3, ogg; found 3"),
        ({"project_audio": "mp3"}, "project audio among auto, wav, flac"),
        ({"budget_usd": float("nan")}, "budget of 0 dollars or more; found nan"),
        ({"tempo": 3}, "an option among duration_s, seed.*found 'tempo'"),
        ({"duration_s": "soon"}, "a length such as 2m"),
    ],
    ids=str,
)
def test_an_option_out_of_range_is_refused_in_its_own_words(option: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidOption, match=words):
        SongRequest.of(prompt="lofi", **option)


def test_a_prompt_that_is_no_text_is_refused() -> None:
    with pytest.raises(InvalidPrompt):
        SongRequest.of(prompt=3)


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [("2m", 120), ("90s", 90), ("1:45", 105), ("2m30s", 150), ("90", 90), ("1h", 3600), ("2 minutes 5 seconds", 125)],
)
def test_a_length_is_read_as_people_type_it(typed: str, seconds: float) -> None:
    assert parse_duration(typed) == seconds


@pytest.mark.parametrize("typed", ["", " ", "m", "1:99", "-5s", "soon", "2m 3m"])
def test_what_is_no_length_is_refused(typed: str) -> None:
    with pytest.raises(InvalidOption):
        parse_duration(typed)


def test_formats_stand_in_one_order_and_never_name_the_flac_that_is_always_there() -> None:
    assert SongRequest(prompt="lofi", formats="OGG, flac,wav").formats == ("wav", "ogg")  # type: ignore[arg-type]


def test_none_stands_for_the_default() -> None:
    request = SongRequest.of(prompt="lofi", takes=None, seed=None)
    assert (request.takes, request.seed >= 0) == (3, True)


def test_every_request_without_a_seed_gets_one_of_its_own() -> None:
    assert len({SongRequest(prompt="lofi").seed for _ in range(4)}) > 1


def test_every_field_says_what_it_means() -> None:
    assert [name for name, field in SongRequest.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("command", [make, estimate])
def test_a_command_has_every_option_of_a_request(command: Any) -> None:
    assert set(option_names()) <= set(inspect.signature(command).parameters)


def test_flags_have_no_units() -> None:
    assert [flag(name) for name in ("duration_s", "budget_usd", "project_audio")] == [
        "--duration",
        "--budget",
        "--project-audio",
    ]


OLD = {
    "song_id": "abc", "prompt": "lofi", "seed": 7, "style": None, "duration_s": None, "takes": 2, "candidates": 1,
    "formats": ["wav"], "project_audio": "auto", "engine": "", "commercial": False, "budget_usd": None, "repair": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "mode"),
    [
        ({"road": "symbolic"}, "symbolic"),
        ({"road": "neural", "engine": "debug"}, "neural"),
        ({"mode": "dual", "engine": "musicgen-melody"}, "dual"),
    ],
)
def test_what_earlier_versions_noted_of_a_song_is_still_a_task(changes: dict[str, str], mode: str) -> None:
    task = SongTask.model_validate(OLD | changes)
    assert (task.song_id, task.request.mode, task.request.takes, task.request.formats) == ("abc", mode, 2, ("wav",))
    assert task.intent is None


def test_what_an_earlier_version_asked_of_a_delivery_can_still_be_delivered() -> None:
    digest = {"sha256": "0" * 64, "bytes": 1}
    sound = {**digest, "key": "audio/a.flac", "sample_rate": 48_000, "channels": 2, "frames": 48_000}
    work = {"stage": "mix", "start_s": 1.0, "end_s": 2.0}
    mixed = {"settings": {}, "mix": sound, "stems": [], "null_residual_dbfs": -200.0, "work": work}
    asked = DeliveryRequest.model_validate(
        {
            "request": OLD | {"road": "symbolic"},
            "intent": {**digest, "key": "documents/intent.json"},
            "takes": [],
            "accepted": 1,
            "score": {**digest, "key": "documents/score.json"},
            "mixed": mixed,
            "mastered": {"master": sound, "work": work},
            "started_at": "2026-11-01T12:00:00Z",
            "work": [],
        }
    )
    assert (asked.song_id, asked.request.prompt, asked.request.formats) == ("abc", "lofi", ("wav",))


def test_a_task_carries_what_was_understood_through_json() -> None:
    request = SongRequest(prompt="lofi, 82 bpm, 30 seconds", seed=1)
    task = SongTask(song_id="abc", request=request, intent=understand(request))
    assert SongTask.model_validate_json(task.model_dump_json()) == task
    assert isinstance(task.intent, Intent)


def test_the_database_keeps_the_request_and_not_what_was_understood() -> None:
    request = SongRequest(prompt="lofi, 82 bpm, 30 seconds", seed=1, engine="debug")
    stored = SongTask(song_id="abc", request=request, intent=understand(request)).stored()
    assert "intent" not in stored
    assert SongTask.model_validate(stored).request == request


def test_a_request_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        SongRequest(prompt="lofi").takes = 4  # type: ignore[misc]
