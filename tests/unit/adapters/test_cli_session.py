"""What `aurax session` refuses before any server starts, and sessions that are opened again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from aurax.adapters.cli.main import app
from aurax.adapters.local.connect import Servers
from aurax.audio.reference import ObjectRef
from aurax.services.reopen_session import reopened
from aurax.services.request import SongRequest
from aurax.services.session import SessionState, Version
from aurax.services.song import Song

NOW = datetime(2026, 11, 26, tzinfo=UTC)
REF = ObjectRef(key="documents/layers.json", sha256="0" * 64, bytes=1)


@pytest.fixture
def no_servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(servers: Servers) -> None:
        raise AssertionError("servers were started")

    monkeypatch.delenv("AURAX_DATABASE_URL", raising=False)
    monkeypatch.setenv("AURAX_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(Servers, "__enter__", start)


def session(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["session", *arguments])


@pytest.mark.usefixtures("no_servers")
@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (("",), "InvalidPrompt"),
        (("lofi", "--takes", "99"), "InvalidOption"),
        (("open", "abc"), "NotFound"),
        (("open", ""), "NotFound"),
        (("show", "abc"), "NotFound"),
        (("close", "abc"), "NotFound"),
    ],
)
def test_what_cannot_be_is_refused_before_any_server_starts(arguments: tuple[str, ...], kind: str) -> None:
    refused = session(*arguments, "--json")
    assert refused.exit_code == 1
    assert json.loads(refused.stdout)["error"]["kind"] == kind


@pytest.mark.usefixtures("no_servers")
def test_without_sessions_the_list_says_how_to_begin() -> None:
    assert "aurax session 'warm" in session("list").stdout


def version(name: str, status: Any, parent: str | None = None) -> Version:
    return Version(
        name=name,
        song_id=name.encode().hex(),
        parent=parent,
        request=SongRequest(prompt="lofi", seed=1),
        status=status,
        layers=REF if status == "delivered" else None,
        asked_at=NOW,
    )


def song(song_id: str) -> Song:
    return Song(
        song_id=song_id,
        title="Rain",
        style="lofi",
        duration_s=12.0,
        passed=True,
        points=97.0,
        take=1,
        takes=1,
        files=(),
        timings_s={},
        layers=REF,
    )


def test_a_session_that_is_opened_again_knows_what_became_of_its_songs() -> None:
    lost = SessionState(
        session_id="ab",
        closed_at=NOW,
        close_reason="idle",
        versions=(version("v1", "making"), version("v2", "making"), version("v3", "delivered")),
        current="v2",
    )
    found = reopened(lost, {"7631": song("7631"), "7632": "cancelled"}, NOW)
    assert [one.status for one in found.versions] == ["delivered", "cancelled", "delivered"]
    assert (found.closed_at, found.close_reason, found.current, found.waiting) == (None, "", "v3", ())


def test_a_song_of_which_nothing_became_is_asked_for_again_with_its_notes_and_its_base() -> None:
    lost = SessionState(
        session_id="ab", versions=(version("v1", "delivered"), version("v2", "making", "v1")), current="v2"
    )
    found = reopened(lost, {}, NOW)
    assert [one.status for one in found.versions] == ["delivered", "waiting"]
    assert [(task.song_id, task.base, task.lineage.parent_id) for task in found.waiting] == [("7632", REF, "7631")]
    assert found.current == "v2"
