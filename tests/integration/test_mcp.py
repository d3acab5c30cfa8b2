"""`aurax mcp`, asked by the protocol's own client."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from command import Command
from mcp import Client, StdioServerParameters

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

TOOLS = {
    "understand", "make_song", "song_status", "wait_for_song", "steer", "undo", "list_songs", "song_files", "download",
    "styles", "estimate",
}  # fmt: skip


@asynccontextmanager
async def agent(command: Command, out: Path) -> AsyncIterator[Client]:
    """An agent that has started `aurax mcp` on the command's data folder."""
    arguments = ["-m", "aurax", "mcp", "--out", str(out)]
    server = StdioServerParameters(command=sys.executable, args=arguments, env=command.environment_of_processes())
    async with Client(server, read_timeout_seconds=120) as client:
        yield client


async def use(client: Client, tool: str, **arguments: Any) -> Any:
    """What a tool answers."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    assert result.structured_content is not None
    return result.structured_content.get("result", result.structured_content)


async def test_an_agent_makes_a_song_changes_it_and_gets_its_files(served: Command, tmp_path: Path) -> None:
    served.wait_until(lambda: served.runtime().get("web_address"), "the web interface is up")
    async with agent(served, tmp_path) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == TOOLS
        assert all(tool.description and tool.output_schema for tool in tools.values())
        read = await use(client, "understand", prompt="lofi with cello, 90 bpm, no drums")
        assert (read["style"], read["tempo_bpm"]) == ("lofi", 90)
        assert ("no drums", "exact") in [(wish["words"], wish["fate"]) for wish in read["wishes"]]
        assert "lofi" in [style["name"] for style in await use(client, "styles")]
        assert (await use(client, "estimate", prompt="lofi", duration="5s"))["usd"] == 0

        asked = await use(client, "make_song", prompt="lofi, 90 bpm, 5 seconds", seed=5)
        told: list[str | None] = []

        async def hear(_progress: float, _total: float | None, message: str | None) -> None:
            told.append(message)

        waited = await client.call_tool("wait_for_song", {"song_id": asked["song_id"]}, progress_callback=hear)
        assert waited.structured_content is not None
        assert waited.structured_content["status"] == "delivered"
        assert "mix.finished" in told

        paths = [file["path"] for file in await use(client, "song_files", song_id=asked["song_id"])]
        assert {"master.flac", "song.mid", "song.dawproject"} <= set(paths)
        saved = [
            Path(one)
            for one in await use(client, "download", song_id=asked["song_id"], paths=["song.mid", "song.json"])
        ]
        assert all(tmp_path in path.parents for path in saved)
        assert saved[0].read_bytes()[:4] == b"MThd"

        steered = await use(client, "steer", session_id=asked["session_id"], note="brighter")
        assert (steered["done"], steered["version"]) == ("version", "v2")
        assert steered["sentences"] == ['"brighter": done.']
        later = await use(client, "wait_for_song", song_id=steered["song_id"])
        assert (later["status"], later["version"]) == ("delivered", "v2")
        masters = [
            hashlib.sha256(Path((await use(client, "download", song_id=one))[0]).read_bytes()).hexdigest()
            for one in (asked["song_id"], steered["song_id"])
        ]
        assert masters[0] != masters[1]
        assert (await use(client, "undo", session_id=asked["session_id"]))["version"] == "v1"
        assert [song["song_id"] for song in await use(client, "list_songs")] == [steered["song_id"], asked["song_id"]]

        refused = await client.call_tool("download", {"song_id": asked["song_id"], "paths": ["../../elsewhere"]})
        assert refused.is_error
        missing = await client.call_tool("song_status", {"song_id": "f" * 32})
        assert missing.is_error
        assert "NotFound: expected" in str(missing.content)
