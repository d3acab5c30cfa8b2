"""What lines of a conversation ask for, and the words that answer them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aurax.adapters.cli.request_options import parse_request
from aurax.adapters.cli.session_line import COMMANDS, Line, parse_line
from aurax.adapters.cli.session_words import answer_line, change_sentence, tree_lines, way_back
from aurax.errors import InvalidOption
from aurax.intent.revision import Change
from aurax.services.request import SongRequest
from aurax.services.session import Answer, SessionState, Version

NAMES = ("v1", "v2", "night mix")
NOW = datetime(2026, 11, 26, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("slower, please", Line("say", "slower, please")),
        ("  /undo ", Line("undo")),
        ("/UNDO", Line("undo")),
        ("/new warm lofi --seed 3", Line("new", "warm lofi --seed 3")),
        ("/go night mix", Line("go", version="night mix")),
        ('/go "night mix"', Line("go", version="night mix")),
        ("/name bright one", Line("name", "bright one")),
        ("/name v2 bright one", Line("name", "bright one", "v2")),
        ("/name night mix bright", Line("name", "bright", "night mix")),
        ("/name v20 song", Line("name", "v20 song")),
        ("/rate 4", Line("rate", stars=4)),
        ("/rate 5 lovely bass", Line("rate", "lovely bass", stars=5)),
        ("/cancel", Line("cancel")),
        ("/cancel v2", Line("cancel", version="v2")),
        ("/files night mix", Line("files", version="night mix")),
        ("/save my songs/best", Line("save", "my songs/best")),
        ("/save 'night mix' ~/best", Line("save", "~/best", "night mix")),
    ],
)
def test_lines_are_read(line: str, read: Line) -> None:
    assert parse_line(line, NAMES) == read


@pytest.mark.parametrize("line", ["", "   ", "\n"])
def test_an_empty_line_asks_for_nothing(line: str) -> None:
    assert parse_line(line) is None


@pytest.mark.parametrize(
    ("line", "meant"),
    [("/vers", "versions"), ("/exit", "quit"), ("/udno", "undo"), ("/tree", "versions"), ("/rename a", "name")],
)
def test_an_unknown_command_gets_the_nearest_one(line: str, meant: str) -> None:
    with pytest.raises(InvalidOption, match=f"did you mean /{meant}") as caught:
        parse_line(line)
    assert line.split()[0] in caught.value.found


@pytest.mark.parametrize("line", ["/new", "/go", "/name", "/save v1 ''", "/rate", "/rate six", "/rate 9", "/undo v1"])
def test_what_a_command_lacks_is_said(line: str) -> None:
    with pytest.raises(InvalidOption):
        parse_line(line, NAMES)


def test_every_command_is_understood_and_told_in_the_help() -> None:
    needs = {"rate": " 3", "go": " v1", "new": " lofi", "name": " best", "save": " best"}
    for name, _, meaning in COMMANDS:
        read = parse_line(f"/{name}{needs.get(name, '')}", NAMES)
        assert read is not None
        assert (read.verb, bool(meaning)) == (name, True)


def test_options_of_make_follow_a_prompt_and_win_over_those_of_the_session() -> None:
    request = parse_request("don't stop, lofi --seed 7 --formats wav,mp3", {"seed": 1, "takes": 2})
    assert (request.prompt, request.seed, request.takes) == ("don't stop, lofi", 7, 2)
    assert request.formats == ("wav", "mp3")


@pytest.mark.parametrize("line", ["lofi --sed 7", "lofi --seed seven", "lofi --takes 99", 'lofi --style "lo'])
def test_options_that_are_none_are_refused(line: str) -> None:
    with pytest.raises(InvalidOption):
        parse_request(line, {})


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"kind": "unknown", "fate": "not_understood"}, "I did not understand 'slower'; say it another way."),
        ({"kind": "other", "fate": "not_done", "reason": "nobody sings"}, '"slower": not done; nobody sings.'),
        ({"kind": "tempo", "amount": -1.0, "reason": "it lasts 0:13"}, '"slower": done; it lasts 0:13.'),
    ],
)
def test_what_becomes_of_a_change_is_a_sentence(change: dict[str, Any], sentence: str) -> None:
    assert change_sentence(Change(words="slower", **change)) == sentence


def version(name: str, parent: str | None = None, **known: Any) -> Version:
    known = {"status": "delivered", "duration_s": 12.0, "passed": True, "points": 97.2, **known}
    request = SongRequest(prompt="warm lofi", seed=1)
    return Version(name=name, song_id=name.encode().hex(), parent=parent, request=request, asked_at=NOW, **known)


def session(*versions: Version, current: str = "v2") -> SessionState:
    return SessionState(session_id="ab", versions=versions, current=current)


def test_versions_are_told_as_a_tree() -> None:
    first, third = version("v1", rating=4), version("v3", "v1", note="brighter", status="failed", error="no room")
    state = session(first, version("v2", "v1", note="slower"), third, version("v4", "v2", note="louder bass"))
    lines = tree_lines(state, {first.song_id: Path("out/lofi-v1")})
    assert [" ".join(line.split()) for line in lines] == [
        "v1 12.0 s, passed, 97 of 100 4 of 5 warm lofi out/lofi-v1",
        "* └─ v2 12.0 s, passed, 97 of 100 slower",
        "└─ v4 12.0 s, passed, 97 of 100 louder bass",
        "└─ v3 failed: no room brighter",
    ]


def test_what_an_undo_brings_back_is_told() -> None:
    state = session(version("v1"), version("v2", "v1"), current="v1")
    answer = Answer(request_id="r", done="undone", version="v1")
    assert answer_line(answer, state) == "v1 is the current version again."


def test_an_undo_that_makes_a_song_without_the_last_note_says_so() -> None:
    state = session(version("v1"), version("v2", status="making"))
    answer = Answer(request_id="r", done="undone", version="v2")
    assert answer_line(answer, state) == "v2 is made without the last note."


def test_the_way_back_names_what_is_unfinished() -> None:
    words = way_back("abcdef0123456789", [version("v1"), version("v2", status="making")], servers_stay=False)
    assert "aurax session open abcdef01" in words
    assert "v2 goes on when you do" in words
