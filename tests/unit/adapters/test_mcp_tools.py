from pathlib import Path

import pytest
from mcp import Client

from aurax.adapters.mcp.results import Steered, Understood
from aurax.adapters.mcp.server import build_server
from aurax.adapters.mcp.tools import place_of
from aurax.adapters.web_client.finding import find_client
from aurax.errors import InvalidOption
from aurax.intent.revision import Change, Revision
from aurax.services.request import SongRequest
from aurax.services.session import Answer, SessionState
from aurax.services.understand import understand
from aurax.settings import Settings


async def test_an_agent_is_told_how_to_start_the_servers(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, web_url=None, api_key=None)
    async with Client(build_server(lambda: find_client(settings), tmp_path)) as agent:
        result = await agent.call_tool("styles", {})
    assert result.is_error
    assert "start 'aurax up'" in str(result.content)


async def test_tools_say_what_they_change(tmp_path: Path) -> None:
    async with Client(build_server(lambda: pytest.fail("nothing is asked"), tmp_path)) as agent:
        tools = (await agent.list_tools()).tools
    adds = {tool.name for tool in tools if tool.annotations is not None and not tool.annotations.read_only_hint}
    assert adds == {"make_song", "steer", "undo", "download"}
    words = [field for tool in tools for field in tool.input_schema["properties"].values()]
    assert all("description" in field for field in words if field["title"] != "Limit")


def test_what_is_understood_is_told_wish_by_wish() -> None:
    told = Understood.of(understand(SongRequest.of(prompt="lofi in D minor, 84 bpm, no drums, with flurb")))
    assert (told.style, told.key, told.tempo_bpm) == ("lofi", "D minor", 84)
    assert ("no drums", "no drums", "exact") in [(wish.words, wish.meaning, wish.fate) for wish in told.wishes]
    assert "flurb" in told.not_understood


def test_a_note_that_changes_nothing_is_told_with_its_reason() -> None:
    changes = (Change(words="flurb", kind="unknown", fate="not_understood"),)
    answer = Answer(request_id="one", done="nothing", revision=Revision(note="flurb", changes=changes))
    told = Steered.of(answer, SessionState(session_id="0" * 32))
    assert (told.done, told.sentences, told.song_id) == ("nothing", ('"flurb": not understood.',), None)


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../../notes", "stems/../../x", "stems\\..\\x"])
def test_nothing_is_saved_outside_the_folder(path: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidOption):
        place_of(path, tmp_path)
    assert place_of("stems/01-kick.flac", tmp_path) == tmp_path / "stems" / "01-kick.flac"
