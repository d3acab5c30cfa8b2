"""`aurax users`, `aurax keys` and `aurax projects` on a data folder of their own."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from aurax.adapters.cli.library import open_database
from aurax.adapters.cli.main import app
from aurax.adapters.sql.songs import Songs
from aurax.services.lineage import Lineage
from aurax.services.people.api_key import id_of
from aurax.settings import Settings


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder, and the settings of a fresh installation."""
    monkeypatch.delenv("AURAX_DATABASE_URL", raising=False)
    monkeypatch.setenv("AURAX_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "160")
    return tmp_path / "data"


def aurax(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def told(*arguments: str) -> Any:
    result = aurax(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refusal(*arguments: str) -> dict[str, str]:
    result = aurax(*arguments, "--json")
    assert result.exit_code == 1, result.output
    error: dict[str, str] = json.loads(result.stdout)["error"]
    return error


def test_a_person_who_was_added_is_listed() -> None:
    ada = told("users", "add", "Ada", "--email", "ada@example.org")
    assert told("users", "list") == [ada]


def test_without_people_the_list_says_that_none_are_needed() -> None:
    assert "one person alone needs no account" in aurax("users", "list").stdout


def test_a_person_is_renamed_disabled_and_enabled_by_address() -> None:
    told("users", "add", "Ada", "--email", "ada@example.org")
    assert told("users", "rename", "ada@example.org", "Countess")["name"] == "Countess"
    assert told("users", "disable", "ada@example.org")["disabled_at"] is not None
    assert told("users", "enable", "ada@example.org")["disabled_at"] is None


def test_nobody_is_disabled_who_does_not_exist() -> None:
    assert refusal("users", "disable", "nobody")["kind"] == "NotFound"


def test_a_new_key_is_printed_alone_so_that_a_program_can_take_it() -> None:
    ada = told("users", "add", "Ada")
    assert id_of(aurax("keys", "add", ada["id"]).stdout.strip()) is not None


def test_a_key_is_shown_once_and_never_listed() -> None:
    ada = told("users", "add", "Ada")
    key = told("keys", "add", ada["id"], "--scope", "songs:read", "--name", "ci", "--expires", "30d")["key"]
    (listed,) = told("keys", "list", ada["id"])
    assert listed["id"] == id_of(key)
    assert key[19:62] not in aurax("keys", "list", "--json").stdout + aurax("keys", "list").stdout


def test_a_key_is_revoked_by_its_id() -> None:
    ada = told("users", "add", "Ada")
    key = told("keys", "add", ada["id"])
    assert told("keys", "revoke", key["id"])["revoked_at"] is not None


def test_an_unknown_scope_is_refused() -> None:
    ada = told("users", "add", "Ada")
    assert refusal("keys", "add", ada["id"], "--scope", "root")["found"] == "'root'"


def test_an_age_that_is_none_is_refused() -> None:
    assert refusal("keys", "add", "anybody", "--expires", "soon")["kind"] == "InvalidOption"


def test_a_project_without_a_person_is_begun_listed_renamed_and_archived() -> None:
    project = told("projects", "add", "Night drives")
    assert told("projects", "list") == [project]
    assert told("projects", "rename", project["id"][:8], "Days")["title"] == "Days"
    told("projects", "archive", project["id"])
    assert told("projects", "list") == []


def test_a_person_s_project_is_not_listed_among_those_of_nobody() -> None:
    ada = told("users", "add", "Ada")
    told("projects", "add", "Hers", "--user", ada["id"])
    assert told("projects", "list") == []
    assert [project["title"] for project in told("projects", "list", "--user", ada["id"])] == ["Hers"]


def test_only_songs_that_exist_go_into_a_project() -> None:
    project = told("projects", "add", "Night drives")
    assert refusal("projects", "put", project["id"], "nothing")["kind"] == "NotFound"


def test_limits_are_set_shown_and_left_to_the_settings_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURAX_LIMIT_SONGS_PER_DAY", "7")
    ada = told("users", "add", "Ada")["id"]
    told("users", "limits", ada, "--songs-at-once", "2", "--songs-per-day", "none", "--usd-per-month", "1.50")
    told("users", "limits", ada, "--songs-per-day", "default")
    shown = told("users", "limits", ada)["limits"]
    assert {name: row["limit"] for name, row in shown.items()} == {
        "songs_at_once": 2,
        "songs_per_day": 7,
        "usd_per_month": 1.5,
        "stored_bytes": None,
    }
    assert [name for name, row in shown.items() if row["own"]] == ["songs_at_once", "usd_per_month"]


@pytest.mark.parametrize("number", ["-1", "many", "1.5", "nan"])
def test_a_limit_that_is_none_is_refused(number: str) -> None:
    ada = told("users", "add", "Ada")["id"]
    assert "0 or more" in refusal("users", "limits", ada, "--songs-at-once", number)["expected"]


def test_a_person_is_exported_and_then_deleted(tmp_path: Path) -> None:
    ada = told("users", "add", "Ada")["id"]
    told("users", "export", ada, "--out", str(tmp_path / "ada"))
    assert json.loads((tmp_path / "ada" / "person.json").read_text())["users"][0]["name"] == "Ada"
    assert told("users", "delete", ada, "--yes") == {"id": ada, "songs": 0}
    assert told("users", "list") == []


def test_nobody_is_deleted_without_being_sure() -> None:
    ada = told("users", "add", "Ada")["id"]
    assert refusal("users", "delete", ada)["fix"] == "export first, then add it"
    assert len(told("users", "list")) == 1


def test_the_songs_of_one_person_are_listed_apart() -> None:
    ada = told("users", "add", "Ada")["id"]

    async def ask_for_songs() -> None:
        async with open_database(Settings.load()) as database:
            for song_id, owner in (("a" * 32, ada), ("b" * 32, None)):
                await Songs(database).create_song(song_id, "lofi", 1, lineage=Lineage(owner=owner))

    asyncio.run(ask_for_songs())
    assert [(song["id"], song["user_id"]) for song in told("songs", "--user", ada[:8])] == [("a" * 32, ada)]
    assert len(told("songs")) == 2
