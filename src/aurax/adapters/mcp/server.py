"""The tools, offered over the Model Context Protocol on standard input and output."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Final, ParamSpec, TypeVar

from aurax.adapters.mcp.results import SongNow
from aurax.adapters.mcp.tools import Song, Tools
from aurax.adapters.web_client.client import AuraxClient
from aurax.errors import AuraxError, MissingExtra
from aurax.version import __version__

try:
    import anyio.from_thread
    from mcp.server import MCPServer
    from mcp.server.mcpserver import Context
    from mcp.server.mcpserver.exceptions import ToolError
    from mcp_types import ToolAnnotations
    from pydantic import Field
except ImportError as error:
    raise MissingExtra(
        "the packages of the Model Context Protocol",
        f"no {error.name}" if error.name else str(error),
        "install them: pip install 'aurax[mcp]'",
    ) from error

P = ParamSpec("P")
R = TypeVar("R")

_INSTRUCTIONS: Final = """\
AURA-X makes a whole song from a sentence: master, stems, MIDI, DAW project, score and report.
make_song begins one and answers at once; wait_for_song until it is delivered; download it.
To change it, steer its session with a note in plain words; that gives a new version with a song_id of its own.
understand tells beforehand what would be done of a prompt, and what would not.
"""
_LOOKS: Final = ToolAnnotations(read_only_hint=True, open_world_hint=False)
_ADDS: Final = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)
_SAVES: Final = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)


def build_server(find: Callable[[], AuraxClient], out: Path) -> MCPServer[None]:
    """The server with all its tools.

    Args:
        find: finds the web interface; asked anew at each use.
        out: folder in which `download` puts files.
    """
    server: MCPServer[None] = MCPServer(
        "aurax", title="AURA-X", version=__version__, instructions=_INSTRUCTIONS, log_level="WARNING"
    )
    tools = Tools(find, out)
    for look in (tools.understand, tools.estimate, tools.song_status, tools.list_songs, tools.song_files, tools.styles):
        server.add_tool(_told(look), annotations=_LOOKS)
    for add in (tools.make_song, tools.steer, tools.undo):
        server.add_tool(_told(add), annotations=_ADDS)
    server.add_tool(_told(tools.download), annotations=_SAVES)

    def wait_for_song(
        song_id: Song,
        context: Context[None],
        at_most_s: Annotated[float, Field(gt=0, le=600, description="Seconds to wait.")] = 50.0,
    ) -> SongNow:
        def say(count: int, kind: str) -> None:
            anyio.from_thread.run(context.report_progress, float(count), None, kind)

        return tools.wait_for_song(song_id, at_most_s, say)

    server.add_tool(_told(wait_for_song), description=tools.wait_for_song.__doc__, annotations=_LOOKS)
    return server


def serve(find: Callable[[], AuraxClient], out: Path) -> None:
    """Answer on standard output what standard input asks, until it ends.

    Args:
        find: finds the web interface; asked anew at each use.
        out: folder in which `download` puts files.
    """
    build_server(find, out).run("stdio")


def _told(tool: Callable[P, R]) -> Callable[P, R]:
    """The tool, whose errors the agent gets in their own words."""

    @wraps(tool)
    def telling(*arguments: P.args, **options: P.kwargs) -> R:
        try:
            return tool(*arguments, **options)
        except AuraxError as error:
            again = " (trying again may help)" if error.retryable else ""
            raise ToolError(f"{type(error).__name__}: {error}{again}") from error

    return telling
